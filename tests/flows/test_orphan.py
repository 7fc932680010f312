"""What has no repository says so, and is let go when somebody deletes it."""

import pytest

from bellpull.api.changerequest import FINALIZER, ChangeRequest, ChangeRequestStatus
from bellpull.api.conditions import find
from bellpull.errors import Waiting
from bellpull.flows import orphan
from bellpull.flows.change import Outcome
from bellpull.kube.store import Store
from bellpull.objects.objects import AnyObject, Key, key_of
from tests.builders import NOW, a_pull_status, a_repository, a_request, a_target, deleting
from tests.doubles.api_server import ApiServer, Client, fails


@pytest.fixture
def store(client: Client) -> Store:
    return Store(client)


def look(store: Store, thing: AnyObject | Key, repository: str = "") -> Outcome:
    key = thing if isinstance(thing, Key) else key_of(thing)
    return orphan.reconcile([key], repository, store, lambda: NOW)[key]


def proposed(**meta: object) -> ChangeRequest:
    return a_request(status=ChangeRequestStatus(repository="gitops", pull_request=a_pull_status()), meta=meta)


def events(api: ApiServer) -> list[tuple[str, str]]:
    return [(one["reason"], one["message"]) for where, one in api.objects.items() if "/events/" in where]


def test_a_request_without_target_says_so(api: ApiServer, store: Store) -> None:
    api.put(a_request())
    assert look(store, a_request()) is None
    status = api.read(a_request()).status
    assert status.state == "TargetNotFound"
    assert "no ChangeTarget cart in namespace shop" in status.conditions[0].message


def test_a_request_whose_repository_does_not_exist_says_so(api: ApiServer, store: Store) -> None:
    api.put(a_request())
    api.put(a_target())
    assert look(store, a_request(), "gitops") is None
    status = api.read(a_request()).status
    assert status.state == "RepositoryUnavailable"
    assert "ChangeRepository gitops does not exist" in status.conditions[0].message


def test_a_target_whose_repository_does_not_exist_says_so(api: ApiServer, store: Store) -> None:
    api.put(a_target())
    assert look(store, a_target(), "gitops") is None
    ready = find(api.read(a_target()).status.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == ("False", "RepositoryNotFound")


def test_what_is_gone_or_of_another_kind_is_nothing_to_do(store: Store) -> None:
    assert look(store, a_request()) is None
    assert look(store, a_target()) is None
    assert look(store, a_repository()) is None


# What was put here by old news is sent to where it belongs.


@pytest.mark.parametrize(("repository", "belongs"), [("", "gitops"), ("gone", "gitops")])
@pytest.mark.parametrize("meta", [{}, deleting()], ids=["standing", "deleted"])
def test_a_request_that_was_proposed_elsewhere_is_sent_there(
    api: ApiServer, store: Store, repository: str, belongs: str, meta: dict[str, object]
) -> None:
    api.put(proposed(**meta))
    outcome = look(store, proposed(), repository)
    assert isinstance(outcome, Waiting)
    assert (outcome.reason, outcome.message) == ("ObjectMoved", f"it belongs to {belongs} now")
    assert api.read(proposed()).metadata.finalizers == meta.get("finalizers", [])
    assert events(api) == []


def test_a_request_whose_target_has_come_is_sent_to_its_repository(api: ApiServer, store: Store) -> None:
    api.put(a_request())
    api.put(a_target())
    assert isinstance(look(store, a_request()), Waiting)


def test_a_request_whose_target_has_gone_is_sent_to_nowhere(api: ApiServer, store: Store) -> None:
    api.put(a_request())
    outcome = look(store, a_request(), "gone")
    assert isinstance(outcome, Waiting)
    assert outcome.message == "it belongs to no repository now"


def test_a_target_that_now_belongs_elsewhere_is_sent_there(api: ApiServer, store: Store) -> None:
    api.put(a_target())
    assert isinstance(look(store, a_target(), "gone"), Waiting)
    assert api.read(a_target()).status.conditions == []


# Letting go.


def test_a_deleted_request_whose_repository_is_gone_leaves_an_event_that_names_the_url(
    api: ApiServer, store: Store
) -> None:
    api.put(proposed(**deleting()))
    assert look(store, proposed(), "gitops") is None
    assert api.read(proposed()) is None
    ((reason, message),) = events(api)
    assert reason == "Orphaned"
    assert a_pull_status().url in message


def test_without_a_pull_request_the_event_names_the_repository(api: ApiServer, store: Store) -> None:
    request = a_request(status=ChangeRequestStatus(repository="gitops"), meta=deleting())
    api.put(request)
    look(store, request, "gitops")
    ((_, message),) = events(api)
    assert "a branch of it in the repository of gitops" in message


def test_a_deleted_request_that_was_never_proposed_just_goes(api: ApiServer, store: Store) -> None:
    api.put(a_request(meta=deleting()))
    assert look(store, a_request()) is None
    assert api.read(a_request()) is None
    assert events(api) == []


def test_somebody_else_s_finalizer_is_theirs(api: ApiServer, store: Store) -> None:
    api.put(a_request(meta=deleting(finalizers=["other/one"])))
    assert look(store, a_request()) is None
    assert api.read(a_request()).metadata.finalizers == ["other/one"]


def test_a_cancelled_request_that_was_never_proposed_is_withdrawn(api: ApiServer, store: Store) -> None:
    api.put(a_request(cancelled=True))
    look(store, a_request())
    assert api.read(a_request()).status.state == "Withdrawn"


def test_trouble_with_one_does_not_stop_the_next(api: ApiServer, store: Store) -> None:
    api.put(a_request())
    api.put(a_request("second"))
    api.fault = fails("GET", "/cart-x7k2p", 503)
    outcomes = orphan.reconcile([key_of(a_request()), key_of(a_request("second"))], "", store, lambda: NOW)
    assert isinstance(outcomes[key_of(a_request())], Waiting)
    assert api.read(a_request("second")).status.state == "TargetNotFound"
    assert FINALIZER not in api.read(a_request("second")).metadata.finalizers
