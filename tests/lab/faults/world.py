"""A lab whose operator reaches everything through proxies: repositories of a test's own, and operators to be killed."""

import base64
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lab import kubeconfig, operate
from lab.forge import BOT, REVIEWER
from lab.kubectl import TRANSIENT
from lab.lab import Lab
from tests.lab.conftest import ROOT, until
from tests.lab.faults.faults import Track
from tests.lab.faults.operators import Operators
from tests.lab.faults.proxy import Call, Fault, Proxy

_NUMBERS = count(1)
Json = dict[str, Any]


@dataclass
class Lane:
    """A repository at the forge with one service in it, its ChangeRepository behind a proxy, and its ChangeTarget."""

    world: "World"
    name: str
    track: Track
    proxy: Proxy
    lives: Iterator[int] = field(default_factory=lambda: count(4))  # every life asks for another number of replicas

    def forge(self, method: str, path: str, body: Any = None, person: str = "admin") -> Any:
        """As a person, past the proxy; the parsed reply of a call that must succeed."""
        status, reply = self.world.lab.forge(method, f"/repos/acme/{self.name}{path}", body, person)
        assert status < 300, (method, path, status, reply)
        return reply

    def pulls(self, branch: str = "") -> list[Json]:
        """All there ever were, of this branch, oldest first."""
        found = self.forge("GET", "/pulls?state=all&limit=50&sort=oldest")
        return [pull for pull in found if branch in ("", pull["head"]["label"])]

    def branches(self) -> dict[str, str]:
        """Branches that are not the base, with their heads."""
        found = self.forge("GET", "/branches?limit=50")
        return {one["name"]: one["commit"]["id"] for one in found if one["name"] != "main"}

    def base(self) -> str:
        return str(self.forge("GET", "/branches/main")["commit"]["id"])

    def comments(self, number: int) -> list[str]:
        return [one["body"] for one in self.forge("GET", f"/issues/{number}/comments")]

    def merge(self, number: int) -> None:
        until(lambda: self.forge("GET", f"/pulls/{number}")["mergeable"], "the forge can merge")
        self.forge("POST", f"/pulls/{number}/merge", {"Do": "squash"}, "reviewer")

    def request(self, name: str = "", **spec: Any) -> Json:
        """The manifest of a new request; without values one for a number of replicas nobody asked for before."""
        metadata = {"name": name or f"{self.name}-{next(_NUMBERS)}", "namespace": "shop"}
        values = spec or {"replicas": next(self.lives)}
        return _object("ChangeRequest", metadata, {"target": self.name, **values})

    def nudge(self) -> None:
        """Have the operator look at the repository now."""
        place = ("changerepository", self.name, f"nudged={next(_NUMBERS)}", "--overwrite")
        self.world.lab.kubectl("annotate", *place)


class World(Operators):
    """`lab` without its operator; `api` is the operators' way to the API server."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab, kubeconfig.path_of(lab.directory, "through-proxy"))
        self.lanes: dict[str, Lane] = {}
        self.track = Track()  # calls to the API server that belong to no lane, and all of lanes without a name
        cluster = json.loads(kubeconfig.path_of(lab.directory, "admin").read_text())["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.api = Proxy(cluster["server"], self._track_of, authority)
        create = ("create", "token", "bellpull", "-n", operate.NAMESPACE, "--duration=24h")
        self._token = lab.kubectl(*create).stdout.strip()
        kubeconfig.write(self.config, {"server": self.api.url}, {"token": self._token})

    def close(self) -> None:
        """End every operator and every proxy."""
        self.stop_all()
        for proxy in (self.api, *(lane.proxy for lane in self.lanes.values())):
            proxy.stop()

    def lane(self, uncounted: str = "", namespace: str = "shop") -> Lane:
        """A new lane; `uncounted` calls are not on its track."""
        name = f"r{next(_NUMBERS)}"
        self._repository(name)
        track = Track(uncounted)
        proxy = Proxy(self.lab.env["LAB_FORGE_URL"], lambda _: track)
        lane = self.lanes[name] = Lane(self, name, track, proxy)
        spec = {
            "url": f"{proxy.url}/acme/{name}.git",
            "forge": {"type": "gitea"},
            "credentials": f"{name}-bot",
            "namespaces": [{"name": namespace, "paths": ["apps/**"]}],
        }
        self.apply(self.secret(lane), _object("ChangeRepository", {"name": name}, spec), self.target(name, namespace))
        return lane

    def secret(self, lane: Lane, token: str = "", namespace: str = operate.NAMESPACE) -> Json:
        """The credentials of a lane; the bot's, or others."""
        data = {"token": token or self.lab.env["LAB_FORGE_BOT_TOKEN"]}
        metadata = {"name": f"{lane.name}-bot", "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}

    def target(self, name: str, namespace: str = "shop") -> Json:
        workload = {"kind": "Deployment", "name": "cart"}
        spec = {"repository": name, "path": "apps/cart", "workload": workload, "configMap": "cart-flags"}
        return _object("ChangeTarget", {"name": name, "namespace": namespace}, spec)

    def _repository(self, name: str) -> None:
        lab, files = self.lab, []
        body: Json = {"name": name, "private": True, "default_branch": "main", "auto_init": True}
        assert lab.forge("POST", "/orgs/acme/repos", body)[0] == 201
        for person in (BOT, REVIEWER):
            path = f"/repos/acme/{name}/collaborators/{person}"
            assert lab.forge("PUT", path, {"permission": "write"})[0] == 204
        for file in ("deployment", "configmap"):
            content = base64.b64encode((ROOT / f"lab/gitops/apps/cart/{file}.yaml").read_bytes()).decode()
            files.append({"path": f"apps/cart/{file}.yaml", "operation": "create", "content": content})
        body = {"branch": "main", "message": "Add the cart", "files": files}
        assert lab.forge("POST", f"/repos/acme/{name}/contents", body)[0] == 201

    def _track_of(self, call: Call) -> Track:
        """By the name in the path: everything of a lane is named after it. An Event has it inside."""
        found = re.search(r"/(?:bellpull-)?(r\d+)(?=-|/|\?|$)", call.path)
        found = found or re.search(r'"name": ?"(r\d+)(?=[-"])', call.body.decode(errors="replace"))
        lane = self.lanes.get(found[1]) if found else None
        return self.track if lane is None else lane.track

    # Objects, through kubectl.

    def apply(self, *objects: Json, user: str = "admin") -> None:
        """Create them; an API server that has just started does not know our kinds for some seconds."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})

        def created() -> bool:
            result = self.lab.kubectl("create", "-f", "-", user=user, stdin=text, check=False)
            assert result.returncode == 0 or any(sign in result.stderr for sign in TRANSIENT), result.stderr
            return result.returncode == 0

        until(created, "the objects are created")

    def requests(self, namespace: str = "shop") -> dict[str, Json]:
        """All requests by name, in one call."""

        def listed() -> Json | None:
            """None while an API server that has just started answers with a Status instead."""
            said = self.get(f"namespaces/{namespace}/changerequests")
            return said if "items" in said else None

        found: Json = until(listed, "the API server lists the requests")
        return {one["metadata"]["name"]: one for one in found["items"]}

    def get(self, path: str) -> Json:
        """What the API server says, past the proxy; a kubectl several times a second would keep the machine busy."""
        token = {"Authorization": f"Bearer {self._token}"}
        with closing(self.api.connect()) as connection:
            connection.request("GET", f"/apis/bellpull.dev/v1alpha1/{path}", headers=token)
            with connection.getresponse() as reply:
                found: Json = json.loads(reply.read())
        return found

    def come_to(self, states: dict[str, str], seconds: float = 30) -> dict[str, Json]:
        """The named requests as soon as each is in its state; "" is: gone."""
        late: dict[str, str] = {}

        def there() -> dict[str, Json] | None:
            now = self.requests()
            late.clear()
            for name, state in states.items():
                is_ = now[name].get("status", {}).get("state", "new") if name in now else ""
                if is_ != state or (state and now[name]["status"]["observedGeneration"] != _generation(now[name])):
                    late[name] = f"{is_} instead of {state}"
            return {"": {}, **now} if not late else None

        try:
            found: dict[str, Json] = until(there, "the requests come to their states", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {late}; the operator says:{self.said()}") from None
        return found

    def ready(self, lanes: Sequence[Lane], seconds: float = 60) -> None:
        names = [f"changetarget/{lane.name}" for lane in lanes]
        self.lab.kubectl("wait", "-n", "shop", "--for=condition=Ready", f"--timeout={seconds}s", *names)

    def quiet(self, lanes: Sequence[Lane]) -> None:
        """Return when the operator has nothing more to do with them for now."""

        def nothing_new() -> bool:
            before = [len(lane.track.calls) for lane in lanes]
            time.sleep(0.4)
            return [len(lane.track.calls) for lane in lanes] == before

        until(nothing_new, "the lanes are quiet")

    # Faults of the machines in between.

    @contextmanager
    def api_suffers(self, fault: Fault) -> Iterator[None]:
        """All calls to the API server have this fault for a while, watches too."""
        usual = self.api.fault
        self.api.fault = lambda _: fault
        self.api.drop()
        try:
            yield
        finally:
            self.api.fault = usual

    def drop(self) -> None:
        """Every connection breaks, as they do when the machine of the operator is gone with all its processes."""
        for proxy in (self.api, *(lane.proxy for lane in self.lanes.values())):
            proxy.drop()


def _object(kind: str, metadata: Json, spec: Json) -> Json:
    return {"apiVersion": "bellpull.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _generation(thing: Json) -> int:
    generation: int = thing["metadata"]["generation"]
    return generation
