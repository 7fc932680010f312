"""A deletion does not wait for ever for a forge that is gone; nor does it give up at the first lost reply."""

from bellpull.api.changerequest import ChangeRequest
from bellpull.errors import Waiting
from tests.builders import NOW, a_request
from tests.flows.world import World

AWAY = Waiting("RepositoryUnavailable", "The forge cannot be reached now.")


def deleted_while_the_forge_is_away(world: World) -> None:
    world.opened()
    found = world.stored()
    assert found is not None
    gone = found.metadata.model_copy(update={"deletion_timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")})
    world.api.put(found.model_copy(update={"metadata": gone}))
    world.forge.errors["find"] = AWAY


def finalizers(request: ChangeRequest | None) -> list[str]:
    return request.metadata.finalizers if request is not None else []


def orphaned(world: World) -> list[str]:
    events = [one for where, one in world.api.objects.items() if "/events/" in where]
    return [one["message"] for one in events if one["reason"] == "Orphaned"]


def test_it_waits_for_the_forge_within_its_time(world: World) -> None:
    deleted_while_the_forge_is_away(world)
    world.later, world.failing_for = 1800, 1800
    (outcome,) = world.look()
    assert outcome is AWAY
    assert finalizers(world.stored())


def test_the_first_failure_after_its_time_is_no_reason_to_leave_a_pull_request_behind(world: World) -> None:
    deleted_while_the_forge_is_away(world)
    world.later, world.failing_for = 7200, 5
    world.look()
    assert finalizers(world.stored())
    assert orphaned(world) == []


def test_after_its_time_and_enough_tries_it_is_let_go_with_the_place_named(world: World) -> None:
    deleted_while_the_forge_is_away(world)
    world.later, world.failing_for = 7200, 61
    assert world.look() == [None]
    assert finalizers(world.stored()) == []
    (message,) = orphaned(world)
    assert world.forge.pulls[1].url in message


def test_a_forge_that_comes_back_is_cleaned(world: World) -> None:
    deleted_while_the_forge_is_away(world)
    world.look()
    world.later, world.failing_for = 7200, 7200
    del world.forge.errors["find"]
    assert world.look(a_request()) == [None]
    assert world.forge.pulls[1].state == "Closed"
    assert world.head() == ""
    assert orphaned(world) == []
