"""One process at a time for each repository. tests/lab proves the same on a real API server."""

from collections.abc import Callable

import pytest

from bellpull.cluster.client import Client
from bellpull.engine import lease
from bellpull.engine.lease import Leases
from bellpull.errors import Waiting
from tests.doubles.api_server import ApiServer, fails

SECONDS = 15.0


class Clock:
    """In place of the `time` module: the test's own monotonic clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(lease, "time", one)
    return one


Holder = Callable[[str], Leases]


@pytest.fixture
def holder(client: Client, clock: Clock) -> Holder:
    return lambda identity: Leases(client, "bellpull-system", identity, SECONDS)


def the_lease(api: ApiServer) -> dict[str, object]:
    (found,) = api.objects.values()
    spec: dict[str, object] = found["spec"]
    return spec


def test_the_first_one_holds_it_and_may_write(api: ApiServer, holder: Holder) -> None:
    one = holder("one")
    with pytest.raises(Waiting):
        one.check("gitops")
    one.acquire("gitops")
    one.check("gitops")
    assert the_lease(api)["holderIdentity"] == "one"
    assert the_lease(api)["leaseDurationSeconds"] == 15


def test_holding_it_costs_no_call(api: ApiServer, holder: Holder) -> None:
    one = holder("one")
    one.acquire("gitops")
    asked = len(api.asked)
    one.acquire("gitops")
    assert len(api.asked) == asked


def test_the_second_one_waits_and_is_told_for_whom(holder: Holder) -> None:
    holder("one").acquire("gitops")
    with pytest.raises(Waiting, match="operator one is at work on this repository") as waiting:
        holder("two").acquire("gitops")
    assert waiting.value.delay == 1.0


def test_the_second_one_takes_over_what_it_has_itself_watched_stand_still(clock: Clock, holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("gitops")
    clock.now += 1000  # it has not watched that
    with pytest.raises(Waiting):
        two.acquire("gitops")
    clock.now += SECONDS - 0.1
    with pytest.raises(Waiting):
        two.acquire("gitops")
    clock.now += 0.1
    two.acquire("gitops")
    two.check("gitops")


def test_a_holder_that_renews_keeps_it(clock: Clock, holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("gitops")
    for _ in range(10):
        with pytest.raises(Waiting):
            two.acquire("gitops")
        clock.now += 5
        one.renew_all()
        one.check("gitops")


def test_a_holder_that_cannot_renew_stops_writing_before_anybody_takes_over(
    api: ApiServer, clock: Clock, holder: Holder
) -> None:
    one = holder("one")
    one.acquire("gitops")
    api.fault = fails("GET", "", 503, times=99)
    clock.now += SECONDS * 2 / 3
    one.renew_all()
    one.check("gitops")
    clock.now += 0.1
    with pytest.raises(Waiting, match="another operator may be at work"):
        one.check("gitops")


def test_a_holder_that_was_asleep_finds_out_that_it_has_lost(clock: Clock, holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("gitops")
    with pytest.raises(Waiting):
        two.acquire("gitops")
    clock.now += SECONDS
    two.acquire("gitops")
    with pytest.raises(Waiting):
        one.check("gitops")
    with pytest.raises(Waiting, match="operator two is at work"):
        one.acquire("gitops")
    one.renew_all()
    two.check("gitops")


def test_a_released_lease_is_free_at_once(api: ApiServer, holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("gitops")
    one.release_all()
    with pytest.raises(Waiting):
        one.check("gitops")
    two.acquire("gitops")
    assert the_lease(api)["holderIdentity"] == "two"


def test_releasing_never_takes_it_from_somebody_else(api: ApiServer, clock: Clock, holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    one.acquire("gitops")
    with pytest.raises(Waiting):
        two.acquire("gitops")
    clock.now += SECONDS
    two.acquire("gitops")
    one.release_all()
    assert the_lease(api)["holderIdentity"] == "two"


def test_a_lease_that_cannot_be_released_runs_out_by_itself(api: ApiServer, holder: Holder) -> None:
    one = holder("one")
    one.acquire("gitops")
    api.fault = fails("GET", "", 404)
    one.release_all()
    assert the_lease(api)["holderIdentity"] == "one"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_who_comes_second_in_a_race_waits(api: ApiServer, holder: Holder, method: str) -> None:
    one = holder("one")
    if method == "PUT":
        one.acquire("gitops")
        one.release_all()
    api.fault = fails(method, "", 409)
    with pytest.raises(Waiting, match="another operator took this repository over"):
        one.acquire("gitops")


def test_a_lease_that_cannot_be_read_is_waited_for(api: ApiServer, holder: Holder) -> None:
    api.fault = fails("GET", "", 400)
    with pytest.raises(Waiting):
        holder("one").acquire("gitops")


def test_every_repository_has_a_lease_of_its_own(api: ApiServer, holder: Holder) -> None:
    one = holder("one")
    names = ["a" * 250 + ".x", "a" * 250 + ".y", "gitops", "b" * 39 + "-c"]
    for name in names:
        one.acquire(name)
    leases = [where.rpartition("/")[2] for where in api.objects]
    assert len(leases) == len(names)
    assert all(len(name) <= 63 and name.replace("-", "").replace(".", "").isalnum() for name in leases)
