"""The base branch moves, loses files, is rewritten or disappears under an open request."""

import base64
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from lab.lab import Lab
from tests.lab.conftest import REPOSITORY, ROOT, Request, Service, until

_NUMBERS = count(1)


@pytest.fixture
def elsewhere(lab: Lab) -> Iterator["Elsewhere"]:
    """A repository of this test's own, because a base branch is rewritten for everybody."""
    one = Elsewhere(lab, f"elsewhere-{next(_NUMBERS)}")
    one.create()
    yield one
    lab.kubectl("delete", "crepo", one.name)
    lab.kubectl("delete", "ctg", "-n", "shop", one.name)


class Elsewhere:
    """Repository, ChangeRepository and ChangeTarget of one name."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name = lab, name
        self.path = f"/repos/acme/{name}"

    def create(self) -> None:
        body = {"name": self.name, "auto_init": True, "default_branch": "main", "private": True}
        assert self.lab.forge("POST", "/orgs/acme/repos", body)[0] == 201
        assert self.lab.forge("PUT", f"{self.path}/collaborators/bellpull-bot", {"permission": "write"})[0] == 204
        self.add((ROOT / "lab/gitops/apps/cart/deployment.yaml").read_text())
        url = self.lab.env["LAB_GIT_URL"].replace("gitops.git", f"{self.name}.git")
        found = json.loads(self.lab.kubectl("get", "crepo", "gitops", "-o", "json").stdout)
        repository = {
            "apiVersion": found["apiVersion"],
            "kind": "ChangeRepository",
            "metadata": {"name": self.name},
            "spec": {**found["spec"], "url": url},
        }
        target = {
            "apiVersion": found["apiVersion"],
            "kind": "ChangeTarget",
            "metadata": {"name": self.name, "namespace": "shop"},
            "spec": {"repository": self.name, "path": "apps/cart", "workload": {"kind": "Deployment", "name": "cart"}},
        }
        for thing in (repository, target):
            self.lab.kubectl("apply", "-f", "-", stdin=json.dumps(thing))

    def add(self, text: str, branch: str = "main") -> None:
        content = base64.b64encode(text.encode()).decode()
        body = {"branch": branch, "message": "Add the cart", "content": content}
        status, reply = self.lab.forge("POST", f"{self.path}/contents/apps/cart/deployment.yaml", body)
        assert status == 201, reply

    def ask(self, **spec: Any) -> Request:
        return Service(self.lab, self.name).ask(**spec)

    def ready(self, reason: str) -> None:
        where = f'--for=jsonpath={{.status.conditions[?(@.type=="Ready")].reason}}={reason}'
        self.lab.kubectl("wait", f"changerepository/{self.name}", where, "--timeout=30s")


def test_a_base_that_moves_elsewhere_changes_nothing(service: Service) -> None:
    request = service.ask(replicas=10)
    before = request.comes_to("InReview")["pullRequest"]
    service.write(service.flags, service.text(service.flags).replace("EUR", "USD"))
    probe = service.ask(config={"DARK_MODE": "on"})
    probe.comes_to("InReview")
    after = request.at_forge()
    assert (after["head"]["sha"], after["comments"]) == (before["headSHA"], 0)
    assert request.status["state"] == "InReview"


def test_a_file_that_is_gone_is_refused_and_served_when_it_is_back(service: Service) -> None:
    text = service.text(service.deployment)
    path = f"{REPOSITORY}/contents/{service.deployment}"
    found = service.lab.forge("GET", path)[1]
    gone = {"branch": "main", "message": "Remove", "sha": found["sha"]}
    assert service.lab.forge("DELETE", path, gone, token="reviewer")[0] == 200
    request = service.ask(replicas=10)
    request.comes_to("Refused")
    assert f"No Deployment named {service.name}" in request.condition("Stalled")["message"]
    back = {"branch": "main", "message": "Back", "content": base64.b64encode(text.encode()).decode()}
    assert service.lab.forge("POST", path, back, token="reviewer")[0] == 201
    request.comes_to("InReview")


def test_a_base_branch_that_is_rewritten_is_built_upon_anew(elsewhere: Elsewhere) -> None:
    request = elsewhere.ask(replicas=10)
    pull = request.comes_to("InReview")["pullRequest"]
    lab = elsewhere.lab
    body = {"new_branch_name": "new", "old_ref_name": "main"}
    assert lab.forge("POST", f"{elsewhere.path}/branches", body)[0] == 201
    sha = lab.forge("GET", f"{elsewhere.path}/contents/apps/cart/deployment.yaml?ref=new")[1]
    text = base64.b64decode(sha["content"]).decode().replace("replicas: 3", "replicas: 5")
    change = {
        "branch": "new",
        "message": "Rewrite",
        "sha": sha["sha"],
        "content": base64.b64encode(text.encode()).decode(),
    }
    assert lab.forge("PUT", f"{elsewhere.path}/contents/apps/cart/deployment.yaml", change)[0] == 200
    # main becomes `new`: by renaming, which is what a forge offers besides a forced push
    assert lab.forge("PATCH", f"{elsewhere.path}/branches/main", {"name": "old"})[0] == 204
    elsewhere.ready("BranchMissing")
    assert lab.forge("PATCH", f"{elsewhere.path}/branches/new", {"name": "main"})[0] == 204
    elsewhere.ready("Ready")
    found = until(
        lambda: (now := request.status)["summary"] == "replicas 5 → 10" and now, "rendered on the new main", 60
    )
    assert found["pullRequest"]["number"] == pull["number"]


def test_a_missing_base_branch_is_said_and_waited_for(elsewhere: Elsewhere) -> None:
    lab = elsewhere.lab
    elsewhere.ready("Ready")
    assert lab.forge("PATCH", f"{elsewhere.path}/branches/main", {"name": "old"})[0] == 204
    elsewhere.ready("BranchMissing")
    request = elsewhere.ask(replicas=10)
    request.comes_to("RepositoryUnavailable")
    assert "has no branch main" in request.condition("Ready")["message"]
    assert lab.forge("PATCH", f"{elsewhere.path}/branches/old", {"name": "main"})[0] == 204
    request.comes_to("InReview", 60)
