"""How requests end, what is refused before anybody is asked, and what an open pull request keeps saying."""

from bellpull.api.changerequest import FINALIZER
from bellpull.errors import Waiting
from tests.builders import (
    DEPLOYMENT,
    a_request,
    branch_of,
    deleting,
)
from tests.flows.world import World

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")


# Ends.


def test_a_merge_is_merged_tidied_and_let_go(world: World) -> None:
    commit = world.merge(world.opened())
    assert world.look() == [None]
    request = world.stored()
    assert request is not None
    assert (request.status.state, request.metadata.finalizers) == ("Merged", [])
    assert request.status.pull_request is not None
    assert request.status.pull_request.merge_commit == commit
    assert (request.status.pull_request.merged_by, world.head()) == ("bob", "")
    assert world.status().summary == "replicas 3 → 10"


def test_a_merge_that_comes_between_two_questions_is_fetched_once_more(world: World) -> None:
    pull = world.opened()
    original = world.forge.find

    def merge_first(branches, numbers):
        if world.forge.pulls[pull.number].state == "Open":
            world.merge(pull)
        return original(branches, numbers)

    world.forge.find = merge_first  # type: ignore[method-assign]
    world.look()
    assert world.status().state == "Merged"


def test_our_own_merge_counts_not_that_of_somebody_else_s_pull_request(world: World) -> None:
    branch = branch_of(a_request())
    world.forge.head = lambda _: "a" * 40
    foreign = world.forge.add(branch, ours=False, base="old")
    world.forge.merge(foreign.number, world.origin.head())
    world.forge.add(branch)
    commit = world.base(TEN)
    world.forge.merge(2, commit)
    world.ask(a_request(meta={"finalizers": [FINALIZER]}))
    world.look()
    assert world.status().state == "Merged"


def test_a_branch_that_a_hook_keeps_after_the_merge_is_tried_again(world: World) -> None:
    pull = world.opened()
    world.merge(pull)
    world.origin.hook("pre-receive", "exit 1")
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert "could not be deleted" in outcome.message
    world.origin.hook("pre-receive", "exit 0")
    assert world.look() == [None]
    assert world.status().state == "Merged"


def test_a_base_that_holds_the_values_closes_the_pull_request_with_a_comment(world: World) -> None:
    pull = world.opened()
    world.base(TEN)
    world.look()
    status = world.status()
    assert (status.state, world.head()) == ("NoChange", "")
    assert status.pull_request is not None
    assert status.pull_request.state == "Closed"
    assert [number for number, _ in world.forge.comments] == [pull.number]
    assert status.summary == "replicas 3 → 10"


def test_deleting_closes_deletes_and_lets_go(world: World) -> None:
    pull = world.opened()
    request = world.stored()
    assert request is not None
    world.api.delete(request)
    assert world.look() == [None]
    assert world.stored() is None
    assert (world.forge.pulls[pull.number].state, world.head()) == ("Closed", "")


def test_deleting_waits_for_a_forge_that_is_away(world: World) -> None:
    pull = world.opened()
    request = world.stored()
    assert request is not None
    world.api.delete(request)
    world.forge.errors["close"] = Waiting("RepositoryUnavailable", "The forge is away.")
    world.look()
    assert world.stored() is not None
    world.forge.errors.clear()
    world.look()
    assert world.stored() is None
    assert world.forge.pulls[pull.number].state == "Closed"


def test_what_was_never_ours_to_clean_up_is_not_looked_at(world: World) -> None:
    world.ask(a_request(meta=deleting(finalizers=["somebody/else"])))
    assert world.look() == [None]
    assert world.forge.asked == []


def test_cancelling_needs_no_target(world: World) -> None:
    world.opened()
    world.edit(cancelled=True)
    del world.api.objects["/apis/bellpull.dev/v1alpha1/namespaces/shop/changetargets/cart"]
    world.look()
    assert (world.status().state, world.head()) == ("Withdrawn", "")


# Previews.


def test_a_preview_touches_nothing_until_it_is_submitted(world: World) -> None:
    request = a_request(preview=True)
    world.ask(request)
    world.look()
    stored = world.stored()
    assert stored is not None
    assert (stored.status.state, stored.metadata.finalizers, world.forge.asked) == ("Previewed", [], [])
    assert "+  replicas: 10" in stored.status.diff
    world.edit(preview=False)
    world.look()
    assert world.status().state == "InReview"


# What an open pull request keeps saying.


def test_a_pull_request_says_what_its_change_is_now_and_asks_for_a_new_look(world: World) -> None:
    pull = world.opened()
    world.base(DEPLOYMENT.replace("replicas: 3", "replicas: 20"))
    world.look()
    assert "| `20` | `10` |" in world.forge.pulls[pull.number].body
    ((_, said),) = world.forge.comments
    assert "was `replicas 3 → 10`, now `replicas 20 → 10`" in said
    body = world.forge.pulls[pull.number].body
    assert "has changed: was `replicas 3 → 10`" in body
    world.look()
    assert len(world.forge.comments) == 1
    assert world.forge.pulls[pull.number].body == body


def test_a_person_s_words_in_the_pull_request_stay(world: World) -> None:
    pull = world.opened()
    world.forge.person(pull.number, body="Do not merge before noon.")
    world.base(DEPLOYMENT.replace("replicas: 3", "replicas: 20"))
    world.look()
    assert world.forge.pulls[pull.number].body == "Do not merge before noon."


def test_a_pull_request_names_the_others_for_the_same_value(world: World) -> None:
    world.rivals = ("shop/other (#8)",)
    pull = world.opened()
    assert "`shop/other (#8)`" in pull.body
    world.rivals = ()
    world.look()
    assert "shop/other" not in world.forge.pulls[pull.number].body
