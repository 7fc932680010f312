"""What owners of repositories and targets set: suspension, how many at a time, for how long; and a look on demand."""

from collections.abc import Iterator

import pytest

from lab.lab import Lab
from tests.lab.conftest import Service, new_service, open_in_shop, set_on_repository, until


@pytest.fixture
def busy_resync(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The operator with a resync every second."""
    monkeypatch.setenv("BELLPULL_RESYNC_SECONDS", "1")
    lab.start_operator()
    yield lab
    monkeypatch.delenv("BELLPULL_RESYNC_SECONDS")
    lab.start_operator()


def test_a_suspended_target_is_proposed_for_later(service: Service) -> None:
    target = ("patch", "-n", "shop", "ctg", service.name, "--type=merge", "-p")
    service.lab.kubectl(*target, '{"spec":{"suspend":true}}')
    request = service.ask(replicas=4)
    request.comes_to("Suspended")
    assert f"Target {service.name} is suspended" in request.condition("Ready")["message"]
    assert not service.lab.git("for-each-ref", f"refs/heads/bellpull/{request.name.split('/')[1]}*")
    service.lab.kubectl(*target, '{"spec":{"suspend":false}}')
    request.comes_to("InReview")


def test_a_suspended_repository_still_follows_what_is_open(service: Service) -> None:
    first = service.ask(replicas=4)
    first.comes_to("InReview")
    set_on_repository(service.lab, suspend=True)
    try:
        second = service.ask(config={"DARK_MODE": "on"})
        second.comes_to("Suspended")
        first.merge()
        first.comes_to("Merged")
    finally:
        set_on_repository(service.lab, suspend=False)
    second.comes_to("InReview")


def test_a_namespace_has_only_so_many_open_at_a_time(lab: Lab) -> None:
    set_on_repository(lab, maxOpenPerNamespace=open_in_shop(lab) + 1)
    try:
        service = new_service(lab)
        first = service.ask(replicas=4)
        first.comes_to("InReview")
        second = service.ask(config={"DARK_MODE": "on"})
        second.comes_to("TooManyOpen")
        first.merge()
        second.comes_to("InReview", 90)  # its turn is looked at every 20 seconds
    finally:
        set_on_repository(lab, maxOpenPerNamespace=50)


def test_a_finished_request_is_deleted_after_its_time_and_an_open_one_is_not(busy_resync: Lab) -> None:
    service = new_service(busy_resync)
    finished, open_one = service.ask(replicas=3), service.ask(replicas=4)
    finished.finishes()
    open_one.comes_to("InReview")
    set_on_repository(busy_resync, ttlAfterFinished="1s")
    try:
        get = ("get", finished.name, "--ignore-not-found")
        until(lambda: not busy_resync.kubectl(*get, user="alice").stdout, "the finished request is gone")
        assert open_one.status["state"] == "InReview"
    finally:
        set_on_repository(busy_resync, ttlAfterFinished="30d")


def test_an_annotation_asks_for_a_look_now(service: Service) -> None:
    request = service.ask(replicas=4, preview=True)
    request.comes_to("Previewed")
    service.write(service.deployment, service.text(service.deployment).replace("replicas: 3", "replicas: 20"))
    assert request.status["summary"] == "replicas 3 → 4"  # finished: nobody looks at it any more
    service.lab.kubectl("annotate", request.name, "bellpull.dev/reconcile-at=now", user="alice")
    until(lambda: request.status["summary"] == "replicas 20 → 4", "looked at again")
