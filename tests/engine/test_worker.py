"""The workers with real git, a real store and real Leases: batches, trouble, polling, and when to look again."""

import logging
import threading

import pytest

from bellpull.api.changerequest import ChangeRequestStatus
from bellpull.cluster.client import Client
from bellpull.engine.lease import Leases
from bellpull.engine.queue import Queue
from bellpull.engine.router import Router
from bellpull.engine.worker import Workers
from bellpull.errors import Stalled, Waiting
from bellpull.flows.ports import Connection
from bellpull.objects.objects import key_of
from tests.builders import DEPLOYMENT, a_repository, a_request, a_target, branch_of, deleting
from tests.doubles.api_server import fails
from tests.engine.harness import SETTINGS, Operator
from tests.flows.world import World


@pytest.fixture
def operator(world: World, client: Client) -> Operator:
    return Operator(world, client)


# Trouble.


def test_a_bug_in_one_request_does_not_block_the_batch(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    operator.world.api.fault = fails("PATCH", "/bad/status", 422, times=99)
    operator.asked(a_request("bad"), a_request(), a_request("good"))
    assert operator.world.status(a_request()).state == "InReview"
    assert operator.world.status(a_request("good")).state == "InReview"
    assert operator.world.status(a_request("bad")).state == ""
    assert "a bug tripped over ChangeRequest shop/bad" in caplog.text


def test_a_request_that_tripped_a_bug_is_tried_again_after_a_while(
    operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    operator.world.api.fault = fails("PATCH", "/cart-x7k2p/status", 422)
    operator.asked(a_request())
    assert operator.next_look() >= 0.5
    assert operator.world.status().state == "InReview"


def test_who_waits_is_looked_at_again_after_its_delay(operator: Operator) -> None:
    operator.world.forge.errors["open"] = Waiting("RepositoryUnavailable", "soon", 7.0)
    operator.asked(a_request())
    operator.world.forge.errors.clear()
    assert operator.next_look() == 7.0
    assert operator.world.status().state == "InReview"


def test_who_waits_without_a_delay_waits_longer_each_time(operator: Operator) -> None:
    operator.world.forge.errors["open"] = Waiting("RepositoryUnavailable", "some time")
    operator.asked(a_request())
    for number in range(4):
        delay = operator.next_look()
        assert 2.0**number * 0.5 <= delay <= 2.0**number * 1.5 + 0.25
        operator.now += 0.25


def test_an_api_server_that_is_away_delays_everything_of_the_lane(operator: Operator) -> None:
    operator.world.api.put(a_request())
    operator.hears(a_request())
    operator.world.api.fault = fails("GET", "/gitops", 503)
    operator.work()
    assert operator.world.status().state == ""
    operator.next_look()
    assert operator.world.status().state == "InReview"


def test_without_the_lease_nothing_is_written_anywhere(operator: Operator) -> None:
    other = Leases(operator.client, "bellpull-system", "other", 15)
    other.acquire("gitops")
    operator.asked(a_request(), a_target(), a_repository())
    assert operator.world.head() == ""
    assert operator.world.forge.asked == []
    assert {method for method, where in operator.world.api.asked if "bellpull.dev" in where} == {"GET"}
    other.release_all()
    operator.next_look()
    assert operator.world.status().state == "InReview"


def test_without_credentials_requests_targets_and_repository_say_so(operator: Operator) -> None:
    operator.world.connection = Stalled("CredentialsMissing", "create the Secret")
    operator.asked(a_request(), a_target(), a_repository())
    assert operator.world.status().state == "RepositoryUnavailable"
    assert operator.world.api.read(a_repository()).status.conditions[0].reason == "CredentialsMissing"
    assert operator.world.api.read(a_target()).status.conditions[0].reason == "RepositoryNotReady"


def test_a_repository_that_recovers_wakes_what_waited_for_it(operator: Operator) -> None:
    operator.world.connection = Stalled("CredentialsMissing", "create the Secret")
    operator.asked(a_request(), a_repository())
    operator.world.connection = None
    assert operator.next_look() == 15 * 4  # a repository that stalls is looked at less often
    assert operator.world.status().state == "InReview"


# Lanes without a repository.


def test_a_request_without_a_target_says_so(operator: Operator) -> None:
    operator.asked(a_request(target="nowhere"))
    assert operator.world.status().state == "TargetNotFound"


def test_a_repository_that_is_gone_is_told_to_what_waits_in_it(operator: Operator) -> None:
    operator.asked(a_repository())
    del operator.world.api.objects["/apis/bellpull.dev/v1alpha1/changerepositories/gitops"]
    operator.asked(a_request(), a_target())
    assert operator.world.status().state == "RepositoryUnavailable"
    assert operator.world.api.read(a_target()).status.conditions[0].reason == "RepositoryNotFound"


def test_what_was_left_in_a_lane_by_old_news_goes_where_it_belongs_and_tells_no_lie(operator: Operator) -> None:
    operator.world.api.put(a_target(repository="nope"))
    operator.hears(a_target(repository="nope"))
    operator.asked(a_request())
    assert operator.world.status().state == "RepositoryUnavailable"
    operator.world.api.put(a_target())
    operator.hears(a_target(), a_request())
    operator.work()
    assert operator.world.status().state == "InReview"
    operator.now += 800  # the look at leisure in the lane of old
    operator.work()
    operator.now += 1
    operator.work()
    assert operator.world.status().state == "InReview"
    assert operator.world.api.read(a_target()).status.conditions[0].status == "True"


def test_a_deleted_request_in_a_lane_of_old_is_cleaned_up_where_it_was_proposed(operator: Operator) -> None:
    operator.asked(a_request())
    proposed = operator.world.stored()
    assert proposed is not None
    operator.world.api.put(proposed.model_copy(update={"metadata": a_request(meta=deleting()).metadata}))
    del operator.world.api.objects["/apis/bellpull.dev/v1alpha1/namespaces/shop/changetargets/cart"]
    operator.queue.add("", [key_of(a_request())])
    operator.work()
    assert operator.world.stored() is not None
    operator.now += 0.5
    operator.work()
    assert operator.world.stored() is None
    assert operator.world.pulls()[0].state == "Closed"


# When to look again.


def test_a_settled_request_is_not_looked_at_again(operator: Operator) -> None:
    operator.asked(a_request(replicas=3))
    operator.now += 5000
    before = len(operator.world.api.asked)
    operator.work()  # planned before the news of its end
    operator.now += 5000
    operator.work()
    assert operator.world.status().state == "NoChange"
    assert len(operator.world.api.asked) - before <= 3


def test_a_request_that_waits_for_people_is_looked_at_at_leisure(operator: Operator) -> None:
    operator.asked(a_request())
    assert 600 * 0.8 <= operator.next_look() <= 600 * 1.2 + 0.25


def test_a_repository_is_looked_at_at_every_poll(operator: Operator) -> None:
    operator.asked(a_repository())
    operator.now += 0.25
    assert operator.next_look(ending="/gitops") == 14.75


# Polling.


def test_what_moved_at_the_forge_is_looked_at_soon(operator: Operator) -> None:
    operator.asked(a_repository(), a_request())
    operator.hears(a_repository())
    operator.work()
    operator.world.forge.person(1, state="Closed")
    operator.now += 15
    operator.work()
    assert operator.world.status().state == "Rejected"


def test_a_base_that_moved_wakes_what_waits_for_it(operator: Operator) -> None:
    operator.world.base("kind: Deployment\nmetadata: {name: cart}\nspec: {replicas: [3]}\n")
    operator.asked(a_repository(), a_request())
    assert operator.world.status().state == "Refused"
    operator.world.base(DEPLOYMENT)
    operator.now += 15
    operator.work()
    assert operator.world.status().state == "InReview"


def test_a_forge_that_fails_while_it_is_polled_is_polled_again(operator: Operator) -> None:
    operator.asked(a_request())
    operator.world.forge.person(1, state="Closed")
    operator.world.forge.errors["open_pulls"] = Waiting("RepositoryUnavailable", "away", 2.0)
    operator.asked(a_repository())
    assert operator.world.status().state == "InReview"
    operator.world.forge.errors.clear()
    operator.now += 2
    operator.work()
    assert operator.world.status().state == "Rejected"


def test_another_prefix_is_polled_for_anew(operator: Operator) -> None:
    operator.asked(a_repository())
    operator.world.forge.add("other/x")
    operator.asked(a_repository(pullRequest={"branchPrefix": "other/"}))
    assert operator.workers._pollers["gitops"].prefix == "other/"


# Threads.


def test_workers_start_work_and_stop_with_their_leases_released(world: World, client: Client) -> None:
    queue, router = Queue(), Router()
    leases = Leases(client, "bellpull-system", "one", 15)
    settings = SETTINGS.model_copy(update={"lease_seconds": 0.03})
    connection = Connection(world.mirror, world.forge)
    workers = Workers(queue, router, world.store, lambda _: connection, leases, settings)
    router.saw_target(key_of(a_target()), a_target())
    world.ask(a_request())
    router.saw_request(key_of(a_request()), a_request(status=ChangeRequestStatus()))
    before = threading.active_count()
    workers.start()
    try:
        queue.add("gitops", [key_of(a_request())])
        pause = threading.Event()
        for _ in range(500):
            if world.status().state == "InReview":
                break
            pause.wait(0.01)
    finally:
        workers.stop()
    assert world.status().state == "InReview"
    assert world.origin.head(branch_of(a_request())) != ""
    (lease,) = [one for where, one in world.api.objects.items() if "/leases/" in where]
    assert lease["spec"]["holderIdentity"] == ""
    assert not any(thread.name.startswith(("worker-", "leases")) for thread in threading.enumerate())
    assert before > 0
