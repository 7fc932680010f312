"""Two operators at once: with Leases one waits for the other; without, what both do is put right within 30 seconds."""

import json
import os
import signal
from typing import Any

import pytest

from lab.operate import NAMESPACE
from tests.lab.conftest import until
from tests.lab.faults.faults import OPEN, Hold, Meet
from tests.lab.faults.world import Lane, World

SETTINGS = {"lease_seconds": "2", "poll_seconds": "0.5", "resync_seconds": "5"}
SECOND = "bellpull-second"


@pytest.fixture
def lane(world: World) -> Lane:
    return world.lane()


def test_when_the_holder_is_killed_the_other_operator_takes_over(world: World, lane: Lane, figure: Any) -> None:
    world.start("operator-a", **SETTINGS)
    world.ready([lane])
    world.start("operator-b", **SETTINGS)
    hold = Hold(1, "after", OPEN)
    with lane.track.suffers(hold):
        request = lane.request()
        world.apply(request, user="alice")
        assert hold.held.wait(20)
        world.kill("operator-a")
        hold.let_go()
    name = request["metadata"]["name"]
    world.come_to({name: "InReview"}, 20)
    assert len(lane.pulls()) == 1
    lane.merge(lane.pulls()[0]["number"])
    world.come_to({name: "Merged"})
    assert not lane.branches()


def test_a_paused_operator_that_wakes_up_after_its_lease_was_taken_does_no_harm(world: World, lane: Lane) -> None:
    world.start("operator-a", **SETTINGS)
    world.ready([lane])
    hold = Hold(1, "before", OPEN)
    with lane.track.suffers(hold):
        request = lane.request()
        world.apply(request, user="alice")
        assert hold.held.wait(20)
        paused = world.pid("operator-a")
        os.kill(paused, signal.SIGSTOP)
        try:
            world.start("operator-b", **SETTINGS)
            name = request["metadata"]["name"]
            world.come_to({name: "InReview"}, 20)
            hold.let_go(None)  # the late call of the paused one arrives
        finally:
            os.kill(paused, signal.SIGCONT)
    lane.merge(lane.pulls()[0]["number"])
    world.come_to({name: "Merged"})
    assert len(lane.pulls()) == 1
    assert not lane.branches()


def test_two_operators_that_do_not_see_each_others_leases_leave_one_pull_request(world: World, figure: Any) -> None:
    lanes = [world.lane() for _ in range(3)]
    second_home(world, lanes)
    bases = {lane.name: lane.base() for lane in lanes}
    world.start("operator-a", **SETTINGS)
    world.start("operator-b", **SETTINGS, namespace=SECOND)
    world.ready(lanes)
    until(lambda: "watching" in world.log("operator-a") and "watching" in world.log("operator-b"), "both watch")
    meetings = [Meet(OPEN, 2) for _ in lanes]
    for lane, meeting in zip(lanes, meetings, strict=True):
        lane.track.faults.append(meeting)
    requests = [lane.request() for lane in lanes]
    world.apply(*requests, user="alice")
    names = {request["metadata"]["name"]: "InReview" for request in requests}
    world.come_to(names, 30)
    until(lambda: all(one_is_open(lane) for lane in lanes), "one pull request is open in each repository", 30)
    doubles = sum(len(lane.pulls()) - 1 for lane in lanes)
    figure(f"two operators without a common Lease: {doubles} doubled pull requests in {len(lanes)} repositories")
    now = world.requests()
    for lane, request in zip(lanes, requests, strict=True):
        number = now[request["metadata"]["name"]]["status"]["pullRequest"]["number"]
        assert number == min(pull["number"] for pull in lane.pulls())
        lane.merge(number)
    world.come_to(dict.fromkeys(names, "Merged"), 40)
    for lane in lanes:
        assert [pull["merged"] for pull in lane.pulls()].count(True) == 1
        assert lane.forge("GET", f"/git/commits/{lane.base()}")["parents"][0]["sha"] == bases[lane.name]
        assert not lane.branches()


def one_is_open(lane: Lane) -> bool:
    pulls = lane.pulls()
    first = min(pulls, key=lambda pull: pull["number"])
    return [pull for pull in pulls if pull["state"] == "open"] == [first]


def second_home(world: World, lanes: list[Lane]) -> None:
    """Another namespace for an operator, with the same rights and credentials, and Leases of its own."""
    rules = world.lab.kubectl("get", "role", "bellpull-operator", "-n", NAMESPACE, "-o", "json").stdout
    meta = {"name": "bellpull-operator", "namespace": SECOND}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SECOND}})
    world.apply(
        rbac | {"kind": "Role", "metadata": meta, "rules": json.loads(rules)["rules"]},
        rbac
        | {
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "bellpull-operator"},
            "subjects": [{"kind": "ServiceAccount", "name": "bellpull", "namespace": NAMESPACE}],
        },
        *(world.secret(lane, namespace=SECOND) for lane in lanes),
    )
