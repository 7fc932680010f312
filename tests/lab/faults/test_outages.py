"""What the operator depends on goes away, breaks off or answers nonsense: no request is lost, none is doubled, the
reason shows, it recovers by itself, and another repository's requests go on meanwhile."""

from threading import Thread
from typing import Any

import pytest

from lab.lab import Lab
from tests.lab.conftest import until
from tests.lab.faults.faults import OPEN, PUSH, STATUS, Break, Hold, Lose, Say, calls
from tests.lab.faults.pair import SETTINGS, Pair
from tests.lab.faults.proxy import Answer


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda: Lose(OPEN, 1), id="the reply to a new pull request"),
        pytest.param(lambda: Lose(PUSH, 1), id="the reply to a push"),
        pytest.param(lambda: Lose(STATUS, 1), id="the reply to the first status"),
        pytest.param(lambda: Lose(STATUS, 2), id="the replies to two statuses"),
        pytest.param(lambda: Lose(calls(r"^PATCH .*/changerequests/[^/]+$"), 1), id="the reply to the finalizer"),
        pytest.param(lambda: Break(PUSH, 1), id="half of a push"),
        pytest.param(lambda: Break(OPEN, 1), id="half of a new pull request"),
        pytest.param(lambda: Say(Answer(502, b"<html>"), OPEN, 2), id="a pull request that a gateway refuses"),
        pytest.param(lambda: Say(Answer(500), PUSH, 2), id="a push that a gateway refuses"),
        pytest.param(lambda: Say(Answer(200, b"[]"), OPEN, 1), id="nonsense instead of a pull request"),
    ],
)
def test_what_is_lost_on_the_way_is_neither_forgotten_nor_done_twice(pair: Pair, fault: Any) -> None:
    one: Any = fault()
    with pair.broken.track.suffers(one):
        pair.is_in_review_once(pair.ask())
    assert one.count, "the fault has happened"


def test_a_lost_reply_to_the_withdrawal_is_no_second_comment(pair: Pair) -> None:
    number = pair.is_in_review_once(name := pair.ask())["status"]["pullRequest"]["number"]
    lost = Lose(calls(r"^(POST .*/comments|PATCH .*/pulls/)"), 2)
    with pair.broken.track.suffers(lost):
        patch = ("patch", "chg", name, "-n", "shop", "--type=merge", '-p={"spec":{"cancelled":true}}')
        pair.world.lab.kubectl(*patch, user="alice")
        pair.world.come_to({name: "Withdrawn"}, 40)
    assert lost.count == 2
    assert len(pair.broken.comments(number)) == 1
    assert pair.broken.forge("GET", f"/pulls/{number}")["state"] == "closed"


def test_while_the_forge_is_down_the_request_says_so_and_goes_on_by_itself(pair: Pair) -> None:
    known = pair.ask()
    pair.is_in_review_once(known)
    pair.broken.proxy.stop()
    try:
        new = pair.ask()
        assert pair.says(new, "RepositoryUnavailable")
        until(lambda: pair.ready()["reason"] == "RepositoryUnavailable", "the ChangeRepository says so")
        pair.others_go_on()
        assert pair.world.requests()[known]["status"]["pullRequest"]["state"] == "Open"
    finally:
        pair.broken.proxy.start()
    pair.is_in_review_once(new)
    pair.is_in_review_once(known)
    until(lambda: pair.ready()["status"] == "True", "the ChangeRepository is ready again")


def test_what_happened_at_the_forge_while_the_api_server_was_away_is_told_afterwards(
    pair: Pair, fault_lab: Lab
) -> None:
    merged, new = pair.ask(), pair.broken.request()
    number = pair.is_in_review_once(merged)["status"]["pullRequest"]["number"]
    restart = Thread(target=fault_lab.restart_api_server, args=(1.0,))
    restart.start()
    try:
        pair.broken.merge(number)
    finally:
        restart.join(90)
    pair.world.come_to({merged: "Merged"}, 60)
    pair.world.apply(new, user="alice")
    pair.is_in_review_once(new["metadata"]["name"], 60)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_an_api_server_that_is_not_itself_yet_is_waited_for(pair: Pair, status: int) -> None:
    name = pair.ask()
    pair.is_in_review_once(name)
    answer = Answer(status, b'{"kind": "Status", "message": "storage is (re)initializing"}', (("Retry-After", "1"),))
    refusals = Say(answer)
    with pair.world.api_suffers(refusals):
        new = pair.ask()
        pair.broken.merge(pair.broken.pulls()[-1]["number"])
        until(lambda: refusals.count > 5, "it has asked several times")
    pair.is_in_review_once(new, 60)
    pair.world.come_to({name: "Merged"}, 30)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_an_operator_that_starts_beside_a_fresh_api_server_waits_for_it(pair: Pair, status: int) -> None:
    pair.world.stop()
    refusals = Say(Answer(status, b'{"kind": "Status", "message": "not now"}'))
    with pair.world.api_suffers(refusals):
        pair.world.start(**SETTINGS)
        until(lambda: refusals.count > 8, "it has asked several times")
    assert pair.world.pid()
    pair.is_in_review_once(pair.ask(), 60)


def test_a_hook_that_declines_one_branch_of_a_batch_stops_that_one_only(pair: Pair) -> None:
    rule = {"rule_name": "bellpull/forbidden-*", "enable_push": False}
    pair.broken.forge("POST", "/branch_protections", rule)
    lane, hold = pair.broken, Hold(1, "before", calls("git-upload-pack"))
    requests = [lane.request(name) for name in (f"allowed-{lane.name}", f"forbidden-{lane.name}", f"too-{lane.name}")]
    with lane.track.suffers(hold):
        assert hold.held.wait(10)
        pair.world.apply(*requests, user="alice")
        hold.let_go(None)
    allowed, forbidden, too = (request["metadata"]["name"] for request in requests)
    pair.is_in_review_once(allowed)
    pair.is_in_review_once(too)
    assert "declined" in pair.says(forbidden, "Denied")
    lane.forge("DELETE", "/branch_protections/bellpull%2Fforbidden-%2A")
    pair.is_in_review_once(forbidden)
