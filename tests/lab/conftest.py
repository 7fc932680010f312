"""One lab for all end-to-end tests: a real API server, a real forge, the operator with its ServiceAccount's rights.

Every test works on a service of its own, so that no test sees another's pull requests.
"""

import base64
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lab.lab import Lab

ROOT = Path(__file__).parents[2]
REPOSITORY = "/repos/acme/gitops"
_NUMBERS = count(1)
_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab, in a directory with a space in its name."""
    one = Lab(tmp_path_factory.mktemp("the lab"))
    one.up()
    try:
        yield one
    finally:
        one.down()


@pytest.fixture
def service(lab: Lab) -> "Service":
    """A service of this test's own: the cart's files under another name, and a ChangeTarget for it."""
    return new_service(lab)


@pytest.fixture
def figure() -> Callable[[str], None]:
    """Print a measured figure at the end of the run."""
    return _FIGURES.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _FIGURES:
        terminalreporter.section("figures of this run")
        for line in _FIGURES:
            terminalreporter.write_line(line)


def until(probe: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """What the probe says as soon as it says something; fails when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if said := probe():
            return said
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def new_service(lab: Lab) -> "Service":
    """See the fixture `service`."""
    name = f"service-{next(_NUMBERS)}"
    files = []
    for file in ("deployment", "configmap"):
        text = (ROOT / f"lab/gitops/apps/cart/{file}.yaml").read_text()
        # The image keeps its repository: only the names of objects are this service's own.
        text = re.sub(r"(name: |name: app=)cart\b", rf"\1{name}", text).replace("acme/" + name, "acme/cart")
        files.append({"path": f"apps/{name}/{file}.yaml", "operation": "create", "content": _base64(text)})
    body = {"branch": "main", "message": f"Add {name}", "files": files}
    status, reply = lab.forge("POST", f"{REPOSITORY}/contents", body)
    assert status == 201, reply
    target = {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeTarget",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "repository": "gitops",
            "path": f"apps/{name}",
            "workload": {"kind": "Deployment", "name": name},
            "container": name,
            "configMap": f"{name}-flags",
        },
    }
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(target))
    lab.kubectl("wait", "-n", "shop", "--for=condition=Ready", f"changetarget/{name}", "--timeout=30s")
    return Service(lab, name)


@dataclass(frozen=True)
class Service:
    """What a test does with its service, as a person would."""

    lab: Lab
    name: str

    @property
    def deployment(self) -> str:
        return f"apps/{self.name}/deployment.yaml"

    @property
    def flags(self) -> str:
        return f"apps/{self.name}/configmap.yaml"

    def manifest(self, named: str | None = None, **spec: Any) -> str:
        metadata = {"name": named} if named else {"generateName": f"{self.name}-"}
        return json.dumps(
            {
                "apiVersion": "bellpull.dev/v1alpha1",
                "kind": "ChangeRequest",
                "metadata": metadata,
                "spec": {"target": self.name, **spec},
            }
        )

    def ask(self, user: str = "alice", **spec: Any) -> "Request":
        """kubectl create -f - as a person."""
        created = self.lab.kubectl("create", "-f", "-", "-o", "name", user=user, stdin=self.manifest(**spec))
        return Request(self.lab, created.stdout.strip())

    def refused(self, user: str = "alice", **spec: Any) -> str:
        """What the API server says to a request that it does not take."""
        result = self.lab.kubectl("create", "-f", "-", user=user, stdin=self.manifest(**spec), check=False)
        assert result.returncode != 0, result.stdout
        return result.stderr

    def text(self, file: str, revision: str = "main") -> str:
        return self.lab.git("show", f"{revision}:{file}")

    def write(self, file: str, text: str, branch: str = "main", message: str = "By hand") -> None:
        """A commit by a person, through the forge."""
        status, before = self.lab.forge("GET", f"{REPOSITORY}/contents/{file}?ref={branch}")
        assert status == 200, before
        body = {"branch": branch, "message": message, "content": _base64(text), "sha": before["sha"]}
        status, reply = self.lab.forge("PUT", f"{REPOSITORY}/contents/{file}", body, token="reviewer")
        assert status == 200, reply


@dataclass(frozen=True)
class Request:
    """A ChangeRequest in the lab."""

    lab: Lab
    name: str  # changerequest.bellpull.dev/…

    def object(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lab.kubectl("get", self.name, "-o", "json", user="alice").stdout)
        return found

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.object().get("status", {})
        return found

    @property
    def pull(self) -> dict[str, Any]:
        """The pull request as the status tells it."""
        found: dict[str, Any] = self.status.get("pullRequest", {})
        return found

    def condition(self, type_: str) -> dict[str, Any]:
        return next((one for one in self.status.get("conditions", []) if one["type"] == type_), {})

    def comes_to(self, state: str, seconds: float = 30) -> dict[str, Any]:
        """Its status, as soon as it is in this state."""

        def status() -> dict[str, Any] | None:
            now = self.status
            return now if now.get("state") == state else None

        try:
            found: dict[str, Any] = until(status, f"{self.name} in state {state}", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; it is {json.dumps(self.status, indent=1)}") from None
        return found

    def finishes(self) -> None:
        self.lab.kubectl("wait", "--for=condition=Finished", self.name, "--timeout=30s", user="alice")

    def patch(self, user: str = "alice", **spec: Any) -> subprocess.CompletedProcess[str]:
        patch = json.dumps({"spec": spec})
        return self.lab.kubectl("patch", self.name, "--type=merge", "-p", patch, user=user, check=False)

    def at_forge(self) -> dict[str, Any]:
        """The pull request as the forge tells it."""
        status, reply = self.lab.forge("GET", f"{REPOSITORY}/pulls/{self.pull['number']}")
        assert status == 200, reply
        found: dict[str, Any] = reply
        return found

    def merge(self, how: str = "squash") -> None:
        """Bob approves and merges."""
        path = f"{REPOSITORY}/pulls/{self.pull['number']}"
        until(lambda: self.at_forge()["mergeable"], "the forge can merge")
        review = {"event": "APPROVED", "commit_id": self.at_forge()["head"]["sha"]}
        assert self.lab.forge("POST", f"{path}/reviews", review, token="reviewer")[0] == 200

        def merged() -> bool:
            """Gitea says 405 "try again later" while it works out once more whether it can be merged."""
            status, reply = self.lab.forge("POST", f"{path}/merge", {"Do": how}, token="reviewer")
            assert status in (200, 405), reply
            return status == 200

        until(merged, "merged")

    def close(self, state: str = "closed") -> None:
        """Bob closes the pull request, or opens it again."""
        path = f"{REPOSITORY}/pulls/{self.pull['number']}"
        status, reply = self.lab.forge("PATCH", path, {"state": state}, token="reviewer")
        assert status == 201, reply

    def branches(self) -> str:
        """The branches at the forge that belong to it."""
        return self.lab.git("for-each-ref", "--format=%(refname:short)", f"refs/heads/{self.pull['branch']}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def resident(pid: int | None) -> int:
    """Megabytes of resident memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


def set_on_repository(lab: Lab, **spec: object) -> None:
    lab.kubectl("patch", "crepo", "gitops", "--type=merge", "-p", json.dumps({"spec": spec}))


def open_in_shop(lab: Lab) -> int:
    """How many pull requests namespace shop has open in the lab's repository; other tests' repositories have theirs."""
    mine = '{range .items[?(@.status.repository=="gitops")]}{.metadata.name} {end}'
    opened = ("get", "chg", "-n", "shop", "--field-selector=status.pullRequest.state=Open", "-o", f"jsonpath={mine}")
    return len(lab.kubectl(*opened).stdout.split())
