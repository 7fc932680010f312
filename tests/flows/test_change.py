"""The straight line with real git and a real store: what it leads to, from wherever it is started."""

import pytest

from bellpull.api.changerequest import FINALIZER, ChangeRequestStatus
from bellpull.errors import Waiting
from tests.builders import (
    DEPLOYMENT,
    FILE,
    a_request,
)
from tests.doubles.api_server import fails, meanwhile
from tests.flows.world import World

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")


def test_a_request_becomes_one_commit_and_one_pull_request(world: World) -> None:
    pull = world.opened()
    assert world.origin.show(f"{world.head()}:{FILE}") == TEN.strip()
    assert world.origin.git("rev-parse", f"{world.head()}^", directory=world.origin.path) == world.origin.head()
    assert (pull.title, pull.base, pull.head_sha) == ("cart: replicas 3 → 10", "main", world.head())
    request = world.stored()
    assert request is not None
    assert request.metadata.finalizers == [FINALIZER]
    status = request.status
    assert (status.state, status.summary, status.repository) == ("InReview", "replicas 3 → 10", "gitops")
    assert status.pull_request is not None
    assert (status.pull_request.number, status.pull_request.head_sha) == (1, world.head())
    assert "+  replicas: 10" in status.diff


def test_looking_again_changes_nothing(world: World) -> None:
    world.opened()
    before, asked = world.stored(), len(world.api.asked)
    assert world.look() == [None]
    assert world.stored() == before
    assert {method for method, _ in world.api.asked[asked:]} == {"GET"}
    assert len(world.forge.opened) == 1


def test_a_new_request_asks_the_forge_only_what_it_must(world: World) -> None:
    world.opened()
    assert world.forge.asked[:3] == ["find", "open", "open_pulls"]


def test_a_whole_batch_is_one_push_and_one_question(world: World) -> None:
    requests = [a_request(f"cart-{number}", replicas=number + 4) for number in range(5)]
    world.ask(*requests)
    assert world.look(*requests) == [None] * 5
    assert {world.status(request).state for request in requests} == {"InReview"}
    assert world.forge.asked.count("find") == 1
    assert len({world.head(request) for request in requests}) == 5


def test_what_stalls_in_one_request_never_touches_another(world: World) -> None:
    good, bad, lost = a_request(), a_request("bad", images={"nobody": "v1"}), a_request("lost", target="nowhere")
    world.ask(good, bad, lost)
    outcomes = world.look(bad, lost, good, a_request("never-existed"))
    assert [type(one).__name__ for one in outcomes] == ["Absent", "Stalled", "NoneType", "NoneType"]
    assert world.status(bad).state == "Refused"
    assert world.status(lost).state == "TargetNotFound"
    assert world.status(good).state == "InReview"


# Crashes: whatever was done before, the next look ends the same.


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("method", "ending"), [("PATCH", "/cart-x7k2p"), ("PATCH", "/status")])
def test_a_write_that_fails_is_made_up_for_at_the_next_look(world: World, method: str, ending: str, times: int) -> None:
    world.ask(a_request())
    world.api.fault = fails(method, ending, 503, times)
    for _ in range(times + 1):
        world.look()
    assert world.status().state == "InReview"
    assert len(world.pulls()) == 1
    assert len(world.forge.opened) == 1


def test_nothing_is_pushed_before_our_finalizer_is_on(world: World) -> None:
    world.ask(a_request())
    world.api.fault = fails("PATCH", "/cart-x7k2p", 503)
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert world.head() == ""


def test_nothing_is_pushed_before_the_repository_is_written_down(world: World) -> None:
    world.ask(a_request())
    world.api.fault = fails("PATCH", "/status", 503)
    world.look()
    assert world.head() == ""
    world.look()
    assert world.head() != ""


def test_a_crash_between_push_and_pull_request_ends_with_one_of_each(world: World) -> None:
    world.ask(a_request())
    world.forge.errors["open"] = Waiting("RepositoryUnavailable", "The forge is away.")
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    head = world.head()
    assert head != ""
    assert world.pulls() == []
    world.forge.errors.clear()
    assert world.restarted().look() == [None]
    assert world.head() == head
    assert len(world.pulls()) == 1


def test_an_answer_that_was_lost_does_not_make_two_pull_requests(world: World) -> None:
    world.ask(a_request())
    world.forge.lost = True
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert world.look() == [None]
    assert len(world.pulls()) == 1
    assert world.status().pull_request is not None


def test_a_status_that_is_lost_altogether_is_found_again(world: World) -> None:
    world.opened()
    before = world.status()
    request = world.stored()
    assert request is not None
    world.api.put(request.model_copy(update={"status": ChangeRequestStatus()}))
    world.restarted().look()
    assert world.status() == before


def test_a_spec_that_changes_while_we_work_is_looked_at_again(world: World) -> None:
    world.ask(a_request())
    world.api.fault = meanwhile("PATCH", "/status", lambda: world.edit(cancelled=True))
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert outcome.reason == "ObjectMoved"
    world.look()
    assert world.status().state == "Withdrawn"


# The Lease.


def test_without_the_lease_nothing_is_written_to_git_or_forge(world: World) -> None:
    world.ask(a_request())
    world.held = False
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert world.head() == ""
    assert world.forge.opened == []


def test_without_the_lease_no_branch_is_deleted(world: World) -> None:
    world.opened()
    world.edit(cancelled=True)
    world.held = False
    world.look()
    assert world.head() != ""
    world.held = True
    world.look()
    assert (world.head(), world.status().state) == ("", "Withdrawn")


def test_a_lease_that_is_lost_between_push_and_open_opens_nothing(world: World) -> None:
    world.ask(a_request())
    world.origin.hook("post-receive", "true")
    original = world.forge.find

    def find_and_lose(branches, numbers):
        world.held = False
        return original(branches, numbers)

    world.forge.find = find_and_lose  # type: ignore[method-assign]
    world.look()
    assert world.head() != ""
    assert world.forge.opened == []
