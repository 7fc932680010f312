"""One namespace asks for a lot at once, and another namespace asks for one thing on the same repository."""

import json
import threading
import time
from collections.abc import Callable

from lab.lab import Lab
from tests.lab.conftest import Request, Service, new_service, open_in_shop, resident, set_on_repository, until

MANY = 500
CAP = 50  # open at a time: a ChangeRepository's default
ROOM = 10  # made by cancelling that many of the open ones


def test_a_flood_of_one_namespace_keeps_no_neighbour_waiting_and_all_of_it_ends(
    lab: Lab, figure: Callable[[str], None]
) -> None:
    service = new_service(lab)
    neighbour(lab, service.name)
    set_on_repository(lab, maxOpenPerNamespace=open_in_shop(lab) + CAP)
    before = resident(lab.operator_pid)
    try:
        begun = time.monotonic()
        flood = threading.Thread(target=create, args=(service,), name="flood")
        flood.start()
        until(lambda: count(service, "status.pullRequest.state=Open") >= 1, "the flood has begun", 60)
        seconds = seconds_of_the_neighbour(lab, service.name)
        already = count(service, "status.pullRequest.state=Open")
        assert already < CAP, "the flood was over before the neighbour was served: nothing was shown"
        figure(
            f"a neighbour's pull request during a flood of {MANY}: {seconds:.1f} s ({already} of the flood were open)"
        )
        flood.join(300)
        until(lambda: count(service, "status.pullRequest.state=Open") == CAP, f"{CAP} of the flood are open", 300)
        until(lambda: count(service, "status.state=TooManyOpen") == MANY - CAP, "the others are told", 300)
        assert f"Namespace shop may have {open_in_shop(lab)} pull requests open" in over_the_cap(service)
        cancel(service, names(service, "status.pullRequest.state=Open")[:ROOM])
        until(lambda: count(service, "status.state=Withdrawn") == ROOM, "some are withdrawn", 120)
        until(lambda: count(service, "status.pullRequest.state=Open") == CAP, "others have their place", 300)
        cancel(service, names(service))
        until(lambda: count(service, "status.state=Withdrawn") == MANY, "every one of the flood has ended", 600)
        assert not service.lab.git("for-each-ref", f"refs/heads/bellpull/{service.name}-*")
        figure(f"the whole flood of {MANY}, from the first kubectl create to the end: {time.monotonic() - begun:.0f} s")
        grown = resident(lab.operator_pid) - before
        figure(f"operator RSS grew by {grown} MB in the flood")
        assert grown < 100
    finally:
        set_on_repository(lab, maxOpenPerNamespace=CAP)
    lab.kubectl("delete", "-n", "next-door", "chg/one", "--timeout=60s")


def create(service: Service) -> None:
    flood = [
        json.loads(service.manifest(named=f"{service.name}-{number}", replicas=10 + number)) for number in range(MANY)
    ]
    listed = json.dumps({"kind": "List", "apiVersion": "v1", "items": flood})
    service.lab.kubectl("create", "-f", "-", user="alice", stdin=listed)


def seconds_of_the_neighbour(lab: Lab, target: str) -> float:
    begun = time.monotonic()
    request = {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeRequest",
        "metadata": {"name": "one", "namespace": "next-door"},
        "spec": {"target": target, "config": {"DARK_MODE": "on"}},
    }
    lab.kubectl("create", "-f", "-", stdin=json.dumps(request))
    url = ("--for=jsonpath={.status.pullRequest.url}", "--timeout=60s")
    lab.kubectl("wait", "-n", "next-door", "chg/one", *url)
    return time.monotonic() - begun


def names(service: Service, selector: str = "") -> list[str]:
    fields = ",".join(part for part in (f"spec.target={service.name}", selector) if part)
    return service.lab.kubectl("get", "chg", f"--field-selector={fields}", "-o", "name", user="alice").stdout.split()


def count(service: Service, selector: str) -> int:
    return len(names(service, selector))


def over_the_cap(service: Service) -> str:
    """What one of those is told."""
    message: str = Request(service.lab, names(service, "status.state=TooManyOpen")[0]).condition("Ready")["message"]
    return message


def cancel(service: Service, requests: list[str]) -> None:
    patch = ("--type=merge", "-p", '{"spec":{"cancelled":true}}')
    service.lab.kubectl("patch", *requests, *patch, user="alice")


def neighbour(lab: Lab, name: str) -> None:
    """Another namespace that the repository admits, with a target for the same files."""
    target = json.loads(lab.kubectl("get", "-n", "shop", "ctg", name, "-o", "json").stdout)
    admitted = [{"name": "shop", "paths": ["apps/**"]}, {"name": "next-door", "paths": ["apps/**"]}]
    lab.kubectl("create", "namespace", "next-door")
    set_on_repository(lab, namespaces=admitted)
    copy = {**target, "metadata": {"name": name, "namespace": "next-door"}, "status": None}
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(copy))
    lab.kubectl("wait", "-n", "next-door", "--for=condition=Ready", f"ctg/{name}", "--timeout=30s")
