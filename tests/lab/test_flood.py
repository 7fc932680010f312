"""One namespace asks for a lot at once, and another namespace asks for one thing on the same repository."""

import json
import time
from collections.abc import Callable

from lab.lab import Lab
from tests.lab.conftest import Request, new_service, until

MANY = 40


def test_a_flood_of_one_namespace_does_not_keep_another_waiting(lab: Lab, figure: Callable[[str], None]) -> None:
    service = new_service(lab)
    neighbour(lab, service.name)
    flood = [
        json.loads(service.manifest(named=f"{service.name}-{number}", replicas=10 + number)) for number in range(MANY)
    ]
    lab.kubectl(
        "create", "-f", "-", user="alice", stdin=json.dumps({"kind": "List", "apiVersion": "v1", "items": flood})
    )
    begun = time.monotonic()
    request = {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeRequest",
        "metadata": {"name": "one", "namespace": "next-door"},
        "spec": {"target": service.name, "config": {"DARK_MODE": "on"}},
    }
    lab.kubectl("create", "-f", "-", stdin=json.dumps(request))
    url = ("--for=jsonpath={.status.pullRequest.url}", "--timeout=60s")
    lab.kubectl("wait", "-n", "next-door", "chg/one", *url)
    seconds = time.monotonic() - begun
    opened = open_of(lab, service.name)
    assert opened < MANY, "the flood was over before the neighbour was served: nothing was shown"
    until(lambda: open_of(lab, service.name) == MANY, "every request of the flood has its pull request", 120)
    figure(
        f"a neighbour's pull request during a flood of {MANY}: {seconds:.1f} s ({opened} of the flood were open then)"
    )
    figure(f"the whole flood of {MANY}: {time.monotonic() - begun:.1f} s")
    patch = ("--type=merge", "-p", '{"spec":{"cancelled":true}}')
    names = [f"chg/{service.name}-{number}" for number in range(MANY)]
    lab.kubectl("patch", *names, *patch, user="alice")
    for name in names:
        Request(lab, name).comes_to("Withdrawn", 120)
    lab.kubectl("delete", "-n", "next-door", "chg/one", "--timeout=60s")


def open_of(lab: Lab, target: str) -> int:
    selector = f"--field-selector=spec.target={target},status.pullRequest.state=Open"
    return len(lab.kubectl("get", "chg", selector, "-o", "name", user="alice").stdout.split())


def neighbour(lab: Lab, name: str) -> None:
    """Another namespace that the repository admits, with a target for the same files."""
    target = json.loads(lab.kubectl("get", "-n", "shop", "ctg", name, "-o", "json").stdout)
    admitted = [{"name": "shop", "paths": ["apps/**"]}, {"name": "next-door", "paths": ["apps/**"]}]
    lab.kubectl("create", "namespace", "next-door")
    lab.kubectl("patch", "crepo", "gitops", "--type=merge", "-p", json.dumps({"spec": {"namespaces": admitted}}))
    copy = {**target, "metadata": {"name": name, "namespace": "next-door"}, "status": None}
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(copy))
    lab.kubectl("wait", "-n", "next-door", "--for=condition=Ready", f"ctg/{name}", "--timeout=30s")
