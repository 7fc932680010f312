"""Request, target, ChangeRepository, Secret and namespace deleted in every order, with the forge up and down: nothing
hangs, nothing of ours is left where the forge can be reached, and an Event names what could not be cleaned."""

import json
from collections.abc import Iterator
from itertools import count, permutations

import pytest

from lab.operate import NAMESPACE
from tests.lab.conftest import until
from tests.lab.faults.pair import SETTINGS
from tests.lab.faults.world import Json, Lane, World

_NUMBERS = count(1)
BOUND = 30  # seconds; a namespace takes its controller about ten by itself
OBJECTS = ("request", "target", "repository")


@pytest.fixture(scope="module")
def operated(kept_world: World) -> Iterator[World]:
    """An operator, and the controllers that empty a deleted namespace."""
    kept_world.lab.start_controllers()
    kept_world.start(**SETTINGS)
    yield kept_world
    kept_world.stop()
    kept_world.lab.stop_controllers()


class Place:
    """A namespace with a target and an open pull request in a repository of its own."""

    def __init__(self, world: World) -> None:
        self.world, self.namespace = world, f"team-{next(_NUMBERS)}"
        world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        self.lane: Lane = world.lane(namespace=self.namespace)
        self.request = f"{self.lane.name}-seven"
        self.url = ""

    def ask(self) -> None:
        name = f"changetarget/{self.lane.name}"
        self.world.lab.kubectl("wait", "-n", self.namespace, "--for=condition=Ready", "--timeout=30s", name)
        request = self.lane.request(self.request, replicas=7)
        request["metadata"]["namespace"] = self.namespace
        self.world.apply(request)

    def is_proposed(self) -> bool:
        if self.status().get("state") != "InReview":
            return False
        self.url = str(self.status()["pullRequest"]["url"])
        return True

    def status(self) -> Json:
        found: Json = self.world.requests(self.namespace)[self.request].get("status", {})
        return found

    def delete(self, what: str) -> None:
        inside = ("-n", self.namespace)
        where = {
            "request": ("changerequest", self.request, *inside),
            "target": ("changetarget", self.lane.name, *inside),
            "repository": ("changerepository", self.lane.name),
            "secret": ("secret", f"{self.lane.name}-bot", "-n", NAMESPACE),
            "namespace": ("namespace", self.namespace),
        }[what]
        self.world.lab.kubectl("delete", *where, "--wait=false")

    def is_gone(self) -> bool:
        return self.request not in self.world.requests(self.namespace)

    def namespace_is_gone(self) -> bool:
        found = self.world.lab.kubectl("get", "namespace", self.namespace, "--ignore-not-found", "-o", "name")
        return not found.stdout

    def is_cleaned(self) -> bool:
        (pull,) = self.lane.pulls()
        return pull["state"] == "closed" and not pull["merged"] and not self.lane.branches()

    def events(self, reason: str) -> list[str]:
        found = json.loads(self.world.lab.kubectl("get", "events", "-n", self.namespace, "-o", "json").stdout)
        return [one["message"] for one in found["items"] if one["reason"] == reason]

    def orphaned(self) -> bool:
        """Said in an Event that names the pull request."""
        return any(self.url in message for message in self.events("Orphaned"))


def proposed(world: World, number: int = 1) -> list[Place]:
    """So many places, each with its pull request open."""
    places = [Place(world) for _ in range(number)]
    for place in places:
        place.ask()
    until(lambda: all(place.is_proposed() for place in places), "the pull requests are open", BOUND)
    return places


def settle(operated: World, places: list[Place]) -> None:
    """All their requests go, in time."""
    until(lambda: all(place.is_gone() for place in places), f"gone; it says {operated.said()}", BOUND)


def test_with_the_forge_up_every_order_ends_clean_or_names_what_is_left(operated: World) -> None:
    orders = list(permutations(OBJECTS))
    places = proposed(operated, len(orders))
    for step in range(len(OBJECTS)):
        for place, order in zip(places, orders, strict=True):
            place.delete(order[step])
        if step == 0:
            # Whose repository is still there when the request goes is cleaned up; what follows must not outrun it.
            first = [place for place, order in zip(places, orders, strict=True) if order[0] == "request"]
            settle(operated, first)
    settle(operated, places)
    for place, order in zip(places, orders, strict=True):
        if order.index("request") == 0:
            assert place.is_cleaned(), order
        elif order.index("repository") < order.index("request"):
            assert place.orphaned() or place.is_cleaned(), order
        else:
            until(lambda place=place: place.is_cleaned() or place.orphaned(), str(order))  # type: ignore[misc]


def test_a_request_whose_target_went_first_is_cleaned_up(operated: World) -> None:
    (place,) = proposed(operated)
    place.delete("target")
    until(lambda: place.status()["state"] == "TargetNotFound", "it says that the target is gone")
    place.delete("request")
    settle(operated, [place])
    assert place.is_cleaned()


def test_with_the_forge_down_a_deletion_waits_for_it_and_then_cleans_up(operated: World) -> None:
    places = proposed(operated, 3)
    for place in places:
        place.lane.proxy.stop()
    for place, what in zip(places, ("request", "target", "namespace"), strict=True):
        place.delete(what)
        place.delete("request")
    until(lambda: all(not place.is_gone() for place in places), "they wait", 2)
    for place in places:
        place.lane.proxy.start()
    settle(operated, places)
    assert all(place.is_cleaned() for place in places)
    until(places[2].namespace_is_gone, "the namespace goes too", BOUND)


def test_with_the_forge_down_for_good_the_admin_lets_go_by_deleting_the_repository(operated: World) -> None:
    (place,) = proposed(operated)
    place.lane.proxy.stop()
    place.delete("request")
    place.delete("repository")
    settle(operated, [place])
    assert place.orphaned()


def test_with_the_forge_down_for_good_a_deletion_is_over_after_its_bound(operated: World) -> None:
    lone, whole = places = proposed(operated, 2)
    operated.stop()
    for place in places:
        place.lane.proxy.stop()
    lone.delete("request")
    whole.delete("namespace")
    operated.start(**SETTINGS, cleanup_seconds="5")
    try:
        settle(operated, places)
        assert lone.orphaned()
        until(whole.namespace_is_gone, "the namespace goes too", BOUND)
        assert whole.url in operated.log()
    finally:
        operated.stop()
        operated.start(**SETTINGS)


def test_a_bound_that_is_over_long_ago_leaves_nothing_behind_where_the_forge_answers(operated: World) -> None:
    """So it is when the operator was away for longer than the bound, or its clock is ahead."""
    (place,) = proposed(operated)
    operated.stop()
    place.delete("request")
    operated.start(**SETTINGS, cleanup_seconds="0.001")
    try:
        settle(operated, [place])
        assert place.is_cleaned()
    finally:
        operated.stop()
        operated.start(**SETTINGS)


def test_without_credentials_a_deletion_waits_for_them(operated: World) -> None:
    (place,) = proposed(operated)
    place.delete("secret")
    place.delete("request")
    operated.quiet([place.lane])
    assert not place.is_gone()
    operated.apply(operated.secret(place.lane))
    settle(operated, [place])
    assert place.is_cleaned()


def test_namespaces_go_with_all_that_is_in_them_also_when_their_repository_went_first(operated: World) -> None:
    whole, without, dark = places = proposed(operated, 3)
    dark.lane.proxy.stop()
    for place in (without, dark):
        place.delete("repository")
    for place in places:
        place.delete("namespace")
    for place in places:
        until(place.namespace_is_gone, f"{place.namespace} is gone; it says {operated.said()}", BOUND)
    assert whole.is_cleaned()
    for place in (without, dark):
        assert place.url in operated.log(), "no Event can be written into a namespace that goes: the log has it"


def test_a_request_deleted_while_the_operator_is_away_is_cleaned_up_when_it_is_back(operated: World) -> None:
    (place,) = proposed(operated)
    operated.stop()
    place.delete("request")
    place.delete("target")
    operated.start(**SETTINGS)
    settle(operated, [place])
    assert place.is_cleaned()
