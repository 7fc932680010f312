"""The cluster side of the `objects` port, and the only place that writes a status or a finalizer.

Every write is a JSON patch that first tests the resourceVersion: it replaces all or nothing, and fails when anybody
was there in between. The API server answers a failed test with 422 like a schema error, so that is told apart by
reading the object again.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import ValidationError

from bellpull.api import reasons
from bellpull.api.changerequest import FINALIZER, ChangeRequest
from bellpull.api.changetarget import Workload
from bellpull.api.conditions import timestamp
from bellpull.api.fields import Reported
from bellpull.api.kinds import CHANGE_REQUEST, GROUP, KINDS, VERSION, Kind
from bellpull.cluster.client import Client, Json, Rejection
from bellpull.errors import Stalled, Waiting
from bellpull.objects.objects import AnyObject, Object, key_of

_LOG = logging.getLogger(__name__)
_PAGE: Final = "500"
_API_VERSIONS: Final = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "CronJob": "batch/v1",
}
_KIND_OF: Final[Mapping[type[Any], Kind]] = {kind.model: kind for kind in KINDS}


def path(kind: Kind, namespace: str = "", name: str = "") -> str:
    """URL path of one object, or of the collection when there is no name."""
    inside = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{GROUP}/{VERSION}/{inside}{kind.plural}" + (f"/{name}" if name else "")


class Store:
    """Implements `objects.Objects`. Thread-safe."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._written: dict[str, str] = {}  # uid → resourceVersion of our own last write
        self._lock = threading.Lock()

    def get(self, kind: type[Object], namespace: str, name: str) -> Object | None:
        try:
            return parsed(kind, self._client.call("GET", path(_KIND_OF[kind], namespace, name)))
        except Rejection as rejection:
            if rejection.status == 404:
                return None
            raise

    def all_of(self, kind: type[Object]) -> Sequence[Object]:
        found: list[Object] = []
        query = {"limit": _PAGE}
        while query:
            page = self._client.call("GET", path(_KIND_OF[kind]), query=query)
            for item in page["items"]:
                with suppress(Stalled):  # said by `parsed`
                    found.append(parsed(kind, item))
            following = page["metadata"].get("continue")
            query = {"limit": _PAGE, "continue": following} if following else {}
        return found

    @property
    def time(self) -> datetime | None:
        return self._client.time

    def delete(self, request: ChangeRequest) -> None:
        meta = request.metadata
        conditions = {"preconditions": {"uid": meta.uid, "resourceVersion": meta.resource_version}}
        try:
            self._client.call("DELETE", path(CHANGE_REQUEST, meta.namespace, meta.name), conditions)
        except Rejection as rejection:
            if rejection.status not in (404, 409):
                raise

    def write_status(self, thing: Object, status: Reported) -> Object:
        if status == thing.status:
            return thing
        value = status.model_dump(by_alias=True, exclude_defaults=True)
        reply = self._patch(thing, "/status", [{"op": "add", "path": "/status", "value": value}])
        written = parsed(type(thing), reply)
        if written.status != status:
            raise RuntimeError(
                f"the CRD of {key_of(thing)} dropped a part of its status: is it older than the operator?"
            )
        return written

    def set_finalizer(self, request: ChangeRequest, present: bool) -> ChangeRequest:
        before = request.metadata.finalizers
        if (FINALIZER in before) == present:
            return request
        after = [*before, FINALIZER] if present else [one for one in before if one != FINALIZER]
        reply = self._patch(request, "", [{"op": "add", "path": "/metadata/finalizers", "value": after}])
        return parsed(ChangeRequest, reply)

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        try:
            found = self._client.call("GET", f"/api/v1/namespaces/{namespace}")
        except Rejection:
            return {}
        labels: Mapping[str, str] = found["metadata"].get("labels", {})
        return labels

    def event(
        self,
        request: ChangeRequest,
        type_: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        workload: Workload | None = None,
    ) -> None:
        meta = request.metadata
        subject = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "ChangeRequest", "name": meta.name, "uid": meta.uid}
        try:
            self._post_event(meta.namespace, subject, type_, reason, message)
            if workload is not None and (live := self._live(meta.namespace, workload)):
                self._post_event(meta.namespace, live, type_, reason, f"ChangeRequest {meta.name}: {message}")
        except (Waiting, Rejection) as error:
            _LOG.warning("no Event %s for %s/%s: %s", reason, meta.namespace, meta.name, error)

    def _live(self, namespace: str, workload: Workload) -> Json | None:
        """The workload as an Event names it; None where the cluster does not have it."""
        api_version = _API_VERSIONS[workload.kind]
        where = f"/apis/{api_version}/namespaces/{namespace}/{workload.kind.lower()}s/{workload.name}"
        try:
            uid = self._client.call("GET", where)["metadata"]["uid"]
        except Rejection:
            return None
        return {"apiVersion": api_version, "kind": workload.kind, "name": workload.name, "uid": uid}

    def _post_event(self, namespace: str, subject: Json, type_: str, reason: str, message: str) -> None:
        now = timestamp(datetime.now(UTC))
        event = {
            "metadata": {"generateName": f"{subject['name'][:50]}.", "namespace": namespace},
            "involvedObject": {**subject, "namespace": namespace},
            "type": type_,
            "reason": reason,
            "message": message[:1000],
            "source": {"component": "bellpull"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._client.call("POST", f"/api/v1/namespaces/{namespace}/events", event)

    def check_kinds(self) -> None:
        """Stalled unless the cluster has our kinds: the watches would never notice when they come later. A cluster
        that cannot be asked now is waited for by the watches themselves."""
        try:
            served = self._client.call("GET", f"/apis/{GROUP}/{VERSION}")["resources"]
        except Rejection:
            served = []
        except Waiting:
            return
        missing = {kind.plural for kind in KINDS} - {resource["name"] for resource in served}
        if missing:
            message = f"the cluster does not have {', '.join(sorted(missing))} of {GROUP}/{VERSION}"
            raise Stalled(reasons.INVALID, f"{message}: install them (kubectl apply -k deploy/kubernetes-1.36)")

    def wrote(self, uid: str, resource_version: str) -> bool:
        """Whether this version of the object is what we wrote last: news of it is no news."""
        with self._lock:
            return self._written.get(uid) == resource_version

    def forget(self, uid: str) -> None:
        """The object is gone."""
        with self._lock:
            self._written.pop(uid, None)

    def _patch(self, thing: AnyObject, subresource: str, operations: list[Json]) -> Json:
        meta = thing.metadata
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": meta.resource_version}
        where = path(_KIND_OF[type(thing)], meta.namespace, meta.name)
        try:
            reply = self._client.call("PATCH", where + subresource, [test, *operations])
        except Rejection as rejection:
            if rejection.status in (404, 409, 422) and self._moved(where, meta.resource_version):
                raise Waiting(reasons.OBJECT_MOVED, f"{key_of(thing)} has changed meanwhile", 0.05) from rejection
            raise
        with self._lock:
            self._written[meta.uid] = reply["metadata"]["resourceVersion"]
        return reply

    def _moved(self, where: str, resource_version: str) -> bool:
        try:
            now = self._client.call("GET", where)
        except Rejection:
            return True  # it is gone
        return bool(now["metadata"]["resourceVersion"] != resource_version)


def parsed(kind: type[Object], raw: Json) -> Object:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        name = f"{raw.get('metadata', {}).get('namespace', '')}/{raw.get('metadata', {}).get('name', '')}"
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:5])
        _LOG.error("%s %s holds what this version does not know: %s", _KIND_OF[kind].name, name, fields)
        raise Stalled(reasons.INVALID, f"{name} holds what this version of Bellpull does not know: {fields}") from error
