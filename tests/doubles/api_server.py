"""A Kubernetes API server in memory, on loopback: what Store, Leases and credentials meet, with faults on order.

It copies of the real one (1.37, see tests/lab): every write moves resourceVersion, and one that changes nothing does
not; a PUT with another resourceVersion is 409; a JSON patch whose `test` fails is 422; /status changes only the status
and the rest only the rest; a name that is taken is 409; an object with finalizers stays, with a deletionTimestamp,
until the last one is gone; a deletion whose preconditions fail is 409; a list comes in pages of `limit`. It checks no
schema, but can drop fields of a status as an older CRD would.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from bellpull.api.kinds import KINDS
from bellpull.cluster.client import Client
from bellpull.kube.store import _KIND_OF, path
from bellpull.objects.objects import AnyObject
from tests.builders import as_stored

Json = dict[str, Any]
PLURALS = {kind.plural for kind in KINDS}
Fault = Callable[[str, str], tuple[int, Any] | None]


@dataclass
class ApiServer:
    """Objects by URL path. `fault` is asked first: an answer, or None to go on."""

    objects: dict[str, Json] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    fault: Fault | None = None
    url: str = ""
    _version: int = 100
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, thing: AnyObject) -> None:
        """Have one of our objects there, as a person would write it."""
        meta = thing.metadata
        self.keep(path(_KIND_OF[type(thing)], meta.namespace, meta.name), as_stored(thing))

    def read(self, thing: AnyObject) -> Any:
        """The object as it is now, or None."""
        meta = thing.metadata
        found = self.objects.get(path(_KIND_OF[type(thing)], meta.namespace, meta.name))
        return None if found is None else type(thing).model_validate(deepcopy(found))

    def delete(self, thing: AnyObject) -> None:
        where = path(_KIND_OF[type(thing)], thing.metadata.namespace, thing.metadata.name)
        with self._lock:
            now = deepcopy(self.objects[where])
            now["metadata"]["deletionTimestamp"] = "2026-11-22T02:30:00Z"
            self.keep(where, now)

    def keep(self, where: str, thing: Json) -> Json:
        with self._lock:
            if thing == self.objects.get(where):
                return thing
            self._version += 1
            thing["metadata"]["resourceVersion"] = str(self._version)
            self.objects[where] = thing
            if thing["metadata"].get("deletionTimestamp") and not thing["metadata"].get("finalizers"):
                del self.objects[where]
            return thing

    def answer(self, method: str, where: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            self.asked.append((method, where))
            if self.fault is not None and (said := self.fault(method, where)) is not None:
                return said
            where, _, query = where.partition("?")
            if method == "POST":
                return self._create(where, body)
            if method == "GET" and where.rpartition("/")[2] in PLURALS:
                return 200, self._page(where.rpartition("/")[2], dict(parse_qsl(query)))
            subresource = where.endswith("/status")
            where = where.removesuffix("/status")
            now = self.objects.get(where)
            if now is None:
                return 404, {"message": f"{where} not found"}
            if method == "PUT":
                return self._replace(where, now, body)
            if method == "DELETE":
                return self._delete(where, now, body)
            return (200, now) if method == "GET" else self._patch(where, now, body, subresource)

    def _page(self, plural: str, query: dict[str, str]) -> Json:
        found = [one for where, one in self.objects.items() if where.split("/")[-2] == plural]
        start = int(query.get("continue", 0))
        end = start + int(query.get("limit", len(found)))
        return {"items": found[start:end], "metadata": {"continue": str(end) if end < len(found) else ""}}

    def _delete(self, where: str, now: Json, body: Json) -> tuple[int, Any]:
        meta, wanted = now["metadata"], body["preconditions"]
        if any(meta[name] != value for name, value in wanted.items()):
            return 409, {"message": "the preconditions are not fulfilled"}
        self.keep(where, {**now, "metadata": {**meta, "deletionTimestamp": "2026-11-22T02:30:00Z"}})
        return 200, {}

    def _create(self, where: str, body: Json) -> tuple[int, Any]:
        meta = body["metadata"]
        name = meta.setdefault("name", meta.get("generateName", "") + uuid.uuid4().hex[:5])
        if f"{where}/{name}" in self.objects:
            return 409, {"message": f"{name} already exists"}
        meta["uid"] = str(uuid.uuid4())
        return 201, self.keep(f"{where}/{name}", body)

    def _replace(self, where: str, now: Json, body: Json) -> tuple[int, Any]:
        if body["metadata"].get("resourceVersion") != now["metadata"]["resourceVersion"]:
            return 409, {"message": "the object has been modified"}
        return 200, self.keep(where, body)

    def _patch(self, where: str, now: Json, operations: list[Json], subresource: bool) -> tuple[int, Any]:
        after = deepcopy(now)
        for operation in operations:
            *parents, last = operation["path"].strip("/").split("/")
            holder = after
            for parent in parents:
                holder = holder[parent]
            if operation["op"] == "test" and holder.get(last) != operation["value"]:
                return 422, {"message": "the server rejected our request due to an error in our request"}
            if operation["op"] == "add":
                holder[last] = operation["value"]
        kept = "status" if subresource else "metadata"
        changed = {**now, kept: after[kept]} if kept in after else now
        for name in self.dropped:
            changed.get("status", {}).pop(name, None)
        return 200, self.keep(where, deepcopy(changed))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet
    server: "_Server"

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = self.server.api.answer(self.command, self.path, json.loads(raw) if raw else None)
        if status == 0:
            self.close_connection = True  # hang up without a word
            return
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: ApiServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api


@contextmanager
def serving() -> Iterator[ApiServer]:
    """An API server until the end of the block."""
    api = ApiServer()
    with _Server(api) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join(10)


def write_kubeconfig(directory: Path, url: str) -> Path:
    """A kubeconfig for it."""
    file = directory / "kubeconfig"
    name = {"name": "double"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{**name, "cluster": {"server": url}}],
        "users": [{**name, "user": {"token": "secret"}}],
        "contexts": [{**name, "context": {"cluster": "double", "user": "double"}}],
        "current-context": "double",
    }
    file.write_text(json.dumps(config))
    return file


def fails(method: str, ending: str, status: int, times: int = 1, said: Any = None) -> Fault:
    """The next `times` calls of this method to a path with this ending are answered so; status 0 hangs up."""
    left = [times]

    def fault(asked: str, where: str) -> tuple[int, Any] | None:
        if asked != method or not where.endswith(ending) or not left[0]:
            return None
        left[0] -= 1
        return status, {"message": "as ordered"} if said is None else said

    return fault


def meanwhile(method: str, ending: str, act: Callable[[], None]) -> Fault:
    """Just before the next such call is answered, somebody else does something."""
    done: list[bool] = []

    def fault(asked: str, where: str) -> tuple[int, Any] | None:
        if asked == method and where.endswith(ending) and not done:
            done.append(True)
            act()
        return None

    return fault


__all__ = ["ApiServer", "Client", "fails", "meanwhile", "serving", "write_kubeconfig"]
