"""What is refused before anybody is asked, and what is held back."""

from bellpull.errors import Stalled, Waiting
from bellpull.flows.act import PROPOSALS
from tests.builders import (
    DEPLOYMENT,
    a_pull_status,
    a_repository,
    a_request,
    a_target,
    branch_of,
)
from tests.doubles.api_server import fails
from tests.flows.world import World

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")


# What is refused before anybody is asked.


def test_a_request_of_nobody_is_denied(world: World) -> None:
    world.ask(a_request(requestedBy=None))
    world.look()
    status = world.status()
    assert status.state == "Denied"
    assert "spec.requestedBy is missing" in status.conditions[0].message


def test_a_path_that_is_not_admitted_is_denied_without_asking_git_or_forge(world: World) -> None:
    world.api.put(a_target(path="infra/dns"))
    world.ask(a_request())
    world.connection = Waiting("RepositoryUnavailable", "nobody may ask")
    world.look()
    assert world.status().state == "Denied"


def test_a_target_that_moved_to_another_repository_sends_the_request_there(world: World) -> None:
    world.api.put(a_target(repository="other"))
    world.ask(a_request())
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert (outcome.reason, outcome.delay) == ("ObjectMoved", 0.05)
    assert world.status().state == ""


def test_a_change_that_was_proposed_here_is_not_proposed_again_elsewhere(world: World) -> None:
    world.opened()
    world.api.put(a_target(repository="other"))
    world.look()
    status = world.status()
    assert status.state == "Denied"
    assert "but this change was proposed in gitops" in status.conditions[0].message


def test_labels_of_the_namespace_admit_where_the_repository_selects_by_them(world: World) -> None:
    world.repository = a_repository(namespaces=[{"selector": {"matchLabels": {"team": "a"}}, "paths": ["apps/*"]}])
    world.ask(a_request())
    world.look()
    assert world.status().state == "Denied"
    world.api.keep("/api/v1/namespaces/shop", {"metadata": {"name": "shop", "labels": {"team": "a"}}})
    world.look()
    assert world.status().state == "InReview"


def test_an_object_that_cannot_be_read_stops_only_itself(world: World) -> None:
    world.ask(a_request(), a_request("odd"))
    world.api.objects["/apis/bellpull.dev/v1alpha1/namespaces/shop/changerequests/odd"]["spec"]["unknown"] = 1
    good, odd = world.look(a_request(), a_request("odd"))
    assert good is None
    assert isinstance(odd, Stalled)
    assert odd.reason == "Invalid"


def test_a_status_that_knows_a_pull_request_finds_it_by_number(world: World) -> None:
    world.opened()
    assert world.status().pull_request == a_pull_status(
        1,
        url="https://git.example.com/acme/gitops/pulls/1",
        branch=branch_of(a_request()),
        head_sha=world.head(),
    )


# What is held back.


def test_a_namespace_has_no_more_pull_requests_open_than_it_may(world: World) -> None:
    world.repository = a_repository(maxOpenPerNamespace=3)
    world.open_elsewhere = 2
    first, second = a_request(), a_request("second", replicas=4)
    world.ask(first, second)
    outcomes = world.look(first, second)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], Waiting)
    assert world.status(second).state == "TooManyOpen"
    assert world.head(second) == ""
    world.open_elsewhere = 0
    world.look(second)
    assert world.status(second).state == "InReview"


def test_every_transition_leaves_one_event(world: World) -> None:
    world.opened()
    world.look()
    world.edit(cancelled=True)
    world.look()
    events = [one for where, one in world.api.objects.items() if "/events/" in where]
    assert [(one["type"], one["reason"]) for one in events][-2:] == [("Normal", "InReview"), ("Warning", "Withdrawn")]


def test_a_transition_leaves_an_event_on_the_live_workload(world: World) -> None:
    world.api.keep("/apis/apps/v1/namespaces/shop/deployments/cart", {"metadata": {"name": "cart", "uid": "live"}})
    world.opened()
    about = [one["involvedObject"]["kind"] for where, one in world.api.objects.items() if "/events/" in where]
    assert about == ["ChangeRequest", "Deployment"]


def test_an_event_that_cannot_be_written_stops_nothing(world: World) -> None:
    world.ask(a_request())
    world.api.fault = fails("POST", "/events", 503, times=9)
    assert world.look() == [None]
    assert world.status().state == "InReview"


def test_a_flood_goes_a_few_at_a_time_and_who_waits_for_that_is_told_nothing_untrue(world: World) -> None:
    requests = [a_request(f"cart-{number}", replicas=number + 4) for number in range(PROPOSALS + 2)]
    world.ask(*requests)
    outcomes = world.look(*requests)
    assert outcomes[:PROPOSALS] == [None] * PROPOSALS
    assert [one.delay for one in outcomes[PROPOSALS:] if isinstance(one, Waiting)] == [0.0, 0.0]
    assert [world.status(request).state for request in requests] == ["InReview"] * PROPOSALS + ["", ""]
    assert world.look(*requests[PROPOSALS:]) == [None, None]
