"""The operator's writes and Leases against the real API server."""

import time
from collections.abc import Callable, Iterator

import pytest

from bellpull.api import reasons
from bellpull.api.changerepository import ChangeRepository, RepositoryStatus
from bellpull.api.changerequest import ChangeRequest, ChangeRequestStatus, FileChange, PullRequestStatus
from bellpull.api.changetarget import ChangeTarget, TargetStatus
from bellpull.api.conditions import Condition
from bellpull.cluster.client import Client, Rejection
from bellpull.engine.lease import Leases
from bellpull.errors import Waiting
from bellpull.kube.store import Store
from lab.kubeconfig import path_of
from lab.lab import Lab
from tests.lab.conftest import Service, until


@pytest.fixture
def client(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client with the operator's own rights."""
    monkeypatch.setenv("KUBECONFIG", str(path_of(lab.directory, "operator")))
    return Client()


@pytest.fixture
def store(client: Client) -> Store:
    return Store(client)


@pytest.fixture
def untouched(service: Service) -> Iterator[Service]:
    """A service without the operator, which would write other statuses."""
    service.lab.stop_operator()
    try:
        yield service
    finally:
        service.lab.start_operator()


def previewed(service: Service, store: Store) -> ChangeRequest:
    """A request that the operator is done with."""
    request = service.ask(replicas=4, preview=True)
    request.comes_to("Previewed")
    found = store.get(ChangeRequest, "shop", request.name.split("/")[1])
    assert found is not None
    return found


# Writes.


def test_a_status_of_an_object_that_has_moved_is_not_written(service: Service, store: Store) -> None:
    request = previewed(service, store)
    service.lab.kubectl("annotate", "-n", "shop", "changerequest", request.metadata.name, "touched=yes")
    with pytest.raises(Waiting) as waiting:
        store.write_status(request, request.status.model_copy(update={"state": reasons.PROPOSING}))
    assert waiting.value.reason == "ObjectMoved"
    now = store.get(ChangeRequest, "shop", request.metadata.name)
    assert now is not None
    assert now.status == request.status


def test_a_status_of_an_object_that_is_gone_is_not_written(service: Service, store: Store) -> None:
    request = previewed(service, store)
    service.lab.kubectl("delete", "-n", "shop", "changerequest", request.metadata.name)
    with pytest.raises(Waiting):
        store.write_status(request, request.status.model_copy(update={"state": reasons.PROPOSING}))


def test_a_status_that_the_crd_refuses_is_a_bug_and_no_conflict(service: Service, store: Store) -> None:
    request = previewed(service, store)
    with pytest.raises(Rejection) as rejection:
        store.write_status(request, request.status.model_copy(update={"summary": "x" * 513}))
    assert rejection.value.status == 422


def conditions() -> list[Condition]:
    return [
        Condition(
            type=f"Type{number}",
            status="Unknown",
            reason="R" * 64,
            message="ü" * 1024,
            last_transition_time="2026-11-22T03:00:00Z",
            observed_generation=2**53,
        )
        for number in range(16)
    ]


def full_status() -> ChangeRequestStatus:
    change = FileChange(file="f" * 1024, object="o" * 320, path="p" * 1024, from_="x" * 256, to="y" * 256)
    pull = PullRequestStatus(
        number=2**53,
        url="u" * 1024,
        branch="b" * 255,
        state="Merged",
        review="ChangesRequested",
        checks="Failing",
        head_sha="a" * 64,
        merge_commit="c" * 64,
        merged_by="m" * 255,
    )
    return ChangeRequestStatus(
        observed_generation=2**53,
        state="S" * 64,
        summary="→" * 512,
        repository="r" * 253,
        conditions=conditions(),
        changes=[change] * 100,
        diff="d" * 8192,
        pull_request=pull,
    )


def test_every_crd_takes_the_fullest_status_that_the_models_allow(untouched: Service, store: Store) -> None:
    created = untouched.ask(replicas=4)
    request = store.get(ChangeRequest, "shop", created.name.split("/")[1])
    target = store.get(ChangeTarget, "shop", untouched.name)
    repository = store.get(ChangeRepository, "", "gitops")
    assert request is not None
    assert target is not None
    assert repository is not None
    assert store.write_status(request, full_status()).status == full_status()
    plain = TargetStatus(observed_generation=2**53, conditions=conditions())
    assert store.write_status(target, plain).status == plain
    written = RepositoryStatus(**dict(plain))
    assert store.write_status(repository, written).status == written


def test_every_crd_takes_an_empty_status(untouched: Service, store: Store) -> None:
    target = store.get(ChangeTarget, "shop", untouched.name)
    assert target is not None
    assert store.write_status(target, TargetStatus()).status == TargetStatus()


# Leases.


@pytest.fixture
def holder(client: Client) -> Callable[[str], Leases]:
    return lambda identity: Leases(client, "bellpull-system", identity, 1.5)


def test_of_two_operators_one_waits_and_takes_over_what_the_other_leaves(holder: Callable[[str], Leases]) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("lease-test")
    for _ in range(4):
        with pytest.raises(Waiting, match="operator one is at work"):
            two.acquire("lease-test")
        time.sleep(0.5)
        one.renew_all()
        one.check("lease-test")
    begun = time.monotonic()

    def taken() -> bool:
        try:
            two.acquire("lease-test")
        except Waiting:
            return False
        return True

    until(taken, "the second operator takes over", 5)
    assert time.monotonic() - begun > 1
    two.check("lease-test")
    with pytest.raises(Waiting):
        one.check("lease-test")
    with pytest.raises(Waiting, match="operator two is at work"):
        one.acquire("lease-test")
    one.release_all()
    two.release_all()
    one.acquire("lease-test")
    one.check("lease-test")
    one.release_all()
