"""Reads and writes of our own objects: every write fails when anybody was there in between."""

from typing import Any

import pytest

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import FINALIZER, ChangeRequest
from bellpull.api.changetarget import ChangeTarget, TargetStatus, Workload
from bellpull.api.status import Report, status_of
from bellpull.cluster.client import Client, Rejection
from bellpull.errors import Stalled, Waiting
from bellpull.kube.store import Store, parsed
from bellpull.objects.objects import key_of
from tests.builders import NOW, a_pull_status, a_repository, a_request, a_target
from tests.doubles.api_server import ApiServer, fails, meanwhile

WHERE = "/apis/bellpull.dev/v1alpha1/namespaces/shop/changerequests/cart-x7k2p"


@pytest.fixture
def store(client: Client) -> Store:
    return Store(client)


@pytest.fixture
def request_(api: ApiServer) -> ChangeRequest:
    api.put(a_request())
    found: ChangeRequest = api.read(a_request())
    return found


def in_review(request: ChangeRequest):
    return status_of(request, Report("InReview", pull_request=a_pull_status()), NOW)


def touch(api: ApiServer) -> None:
    """Somebody labels the object."""
    api.objects[WHERE]["metadata"]["labels"] = {"touched": "yes"}
    api.keep(WHERE, {**api.objects[WHERE], "touched": True})


def test_each_kind_is_read_where_it_is(api: ApiServer, store: Store) -> None:
    things: list[Any] = [a_request(), a_target(), a_repository()]
    for thing in things:
        api.put(thing)
        found = store.get(type(thing), thing.metadata.namespace, thing.metadata.name)
        assert found is not None
        assert (key_of(found), found.spec) == (key_of(thing), thing.spec)


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.get(ChangeTarget, "shop", "cart") is None
    assert store.get(ChangeRepository, "", "gitops") is None


def test_what_this_version_does_not_know_is_invalid_by_its_fields(
    api: ApiServer, store: Store, request_: ChangeRequest
) -> None:
    api.objects[WHERE]["spec"]["rollback"] = "previous"
    with pytest.raises(Stalled, match=r"shop/cart-x7k2p holds what .* does not know: spec\.rollback") as stalled:
        store.get(ChangeRequest, "shop", "cart-x7k2p")
    assert stalled.value.reason == "Invalid"


def test_a_rejection_other_than_not_found_is_no_answer(api: ApiServer, store: Store) -> None:
    api.fault = fails("GET", "/x", 410)
    with pytest.raises(Rejection):
        store.get(ChangeTarget, "shop", "x")


def test_a_status_is_written_whole_and_only_the_status(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    written = store.write_status(request_, in_review(request_))
    assert written.status == in_review(request_)
    stored = api.objects[WHERE]
    assert stored["status"]["pullRequest"]["number"] == 7
    assert "review" not in stored["status"]["pullRequest"]
    assert store.wrote(request_.metadata.uid, written.metadata.resource_version)


def test_the_same_status_is_not_written_again(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    written = store.write_status(request_, in_review(request_))
    asked = len(api.asked)
    assert store.write_status(written, in_review(written)) == written
    assert len(api.asked) == asked


def test_a_status_of_an_object_that_has_moved_is_not_written(
    api: ApiServer, store: Store, request_: ChangeRequest
) -> None:
    touch(api)
    with pytest.raises(Waiting, match="ChangeRequest shop/cart-x7k2p has changed meanwhile") as waiting:
        store.write_status(request_, in_review(request_))
    assert (waiting.value.reason, waiting.value.delay) == ("ObjectMoved", 0.05)
    assert api.objects[WHERE]["status"]["state"] == ""


def test_an_object_that_is_deleted_meanwhile_has_moved(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    del api.objects[WHERE]
    with pytest.raises(Waiting) as waiting:
        store.write_status(request_, in_review(request_))
    assert waiting.value.reason == "ObjectMoved"


def test_a_status_that_the_crd_does_not_take_is_a_bug(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    api.fault = fails("PATCH", "/status", 422)
    with pytest.raises(Rejection):
        store.write_status(request_, in_review(request_))


def test_a_crd_that_drops_a_part_of_the_status_is_a_bug(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    api.dropped = {"pullRequest"}
    with pytest.raises(RuntimeError, match="dropped a part of its status: is it older than the operator"):
        store.write_status(request_, in_review(request_))


def test_our_finalizer_is_put_on_and_taken_off_beside_others(
    api: ApiServer, store: Store, request_: ChangeRequest
) -> None:
    api.objects[WHERE]["metadata"]["finalizers"] = ["other/one"]
    one = store.get(ChangeRequest, "shop", "cart-x7k2p")
    assert one is not None
    held = store.set_finalizer(one, present=True)
    assert held.metadata.finalizers == ["other/one", FINALIZER]
    assert store.set_finalizer(held, present=True) is held
    assert store.set_finalizer(held, present=False).metadata.finalizers == ["other/one"]


def test_the_last_finalizer_lets_a_deleted_object_go(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    store.set_finalizer(request_, present=True)
    api.delete(request_)
    store.set_finalizer(api.read(request_), present=False)
    assert api.read(request_) is None


def test_a_finalizer_is_not_written_over_somebody_else_s(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    api.fault = meanwhile("PATCH", "/cart-x7k2p", lambda: touch(api))
    with pytest.raises(Waiting):
        store.set_finalizer(request_, present=True)
    assert api.objects[WHERE]["metadata"]["finalizers"] == []


def test_labels_of_a_namespace_and_of_one_that_is_gone(api: ApiServer, store: Store) -> None:
    api.keep("/api/v1/namespaces/shop", {"metadata": {"name": "shop", "labels": {"team": "a"}}})
    api.keep("/api/v1/namespaces/bare", {"metadata": {"name": "bare"}})
    assert store.namespace_labels("shop") == {"team": "a"}
    assert store.namespace_labels("bare") == store.namespace_labels("gone") == {}


def test_an_event_is_about_the_request(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    store.event(request_, "Warning", "Orphaned", "x" * 2000)
    (event,) = [one for where, one in api.objects.items() if "/events/" in where]
    assert event["involvedObject"]["uid"] == request_.metadata.uid
    assert (event["type"], event["reason"], len(event["message"])) == ("Warning", "Orphaned", 1000)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("Deployment", "/apis/apps/v1/namespaces/shop/deployments/cart"),
        ("StatefulSet", "/apis/apps/v1/namespaces/shop/statefulsets/cart"),
        ("DaemonSet", "/apis/apps/v1/namespaces/shop/daemonsets/cart"),
        ("CronJob", "/apis/batch/v1/namespaces/shop/cronjobs/cart"),
    ],
)
def test_an_event_is_about_the_live_workload_too(
    api: ApiServer, store: Store, request_: ChangeRequest, kind: Any, where: str
) -> None:
    api.keep(where, {"metadata": {"name": "cart", "uid": "uid-of-the-workload"}})
    store.event(request_, "Normal", "InReview", "Pull request 1 waits", Workload(kind=kind, name="cart"))
    events = [one for where, one in api.objects.items() if "/events/" in where]
    assert [one["involvedObject"]["kind"] for one in events] == ["ChangeRequest", kind]
    assert events[1]["involvedObject"]["uid"] == "uid-of-the-workload"
    assert events[1]["message"] == f"ChangeRequest {request_.metadata.name}: Pull request 1 waits"


def test_no_event_is_about_a_workload_that_is_not_live(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    store.event(request_, "Normal", "InReview", "Pull request 1 waits", Workload(kind="Deployment", name="cart"))
    assert len([where for where in api.objects if "/events/" in where]) == 1


def test_only_our_own_last_write_is_no_news(store: Store, request_: ChangeRequest) -> None:
    uid = request_.metadata.uid
    first = store.set_finalizer(request_, present=True)
    second = store.write_status(first, in_review(first))
    assert not store.wrote(uid, first.metadata.resource_version)
    assert store.wrote(uid, second.metadata.resource_version)
    store.forget(uid)
    assert not store.wrote(uid, second.metadata.resource_version)


def test_the_status_of_a_target_is_written_too(api: ApiServer, store: Store) -> None:
    api.put(a_target())
    written = store.write_status(api.read(a_target()), TargetStatus(observed_generation=2))
    assert api.read(a_target()).status == written.status == TargetStatus(observed_generation=2)


def test_an_object_without_a_name_is_told_as_it_is() -> None:
    with pytest.raises(Stalled, match="/ holds what"):
        parsed(ChangeTarget, {})


# The kinds must be installed before the operator starts.


def installed(api: ApiServer, *plurals: str) -> None:
    names = [{"name": plural} for plural in plurals]
    api.keep("/apis/bellpull.dev/v1alpha1", {"metadata": {}, "resources": names})


def test_an_operator_starts_where_all_its_kinds_are_served(api: ApiServer, store: Store) -> None:
    installed(api, "changerequests", "changerequests/status", "changetargets", "changerepositories")
    store.check_kinds()


def test_kinds_that_are_missing_are_named_with_what_installs_them(api: ApiServer, store: Store) -> None:
    installed(api, "changerequests", "changetargets")
    with pytest.raises(Stalled, match=r"does not have changerepositories of bellpull\.dev.*kubectl apply -k"):
        store.check_kinds()


def test_a_cluster_without_any_of_them_is_told_so(store: Store) -> None:
    with pytest.raises(Stalled, match="does not have changerepositories, changerequests, changetargets"):
        store.check_kinds()


def test_a_cluster_that_cannot_be_asked_now_is_no_reason_not_to_start(api: ApiServer, store: Store) -> None:
    api.fault = fails("GET", "/v1alpha1", 503)
    store.check_kinds()


# Lists and deletions.


def test_all_objects_of_a_kind_are_listed_page_by_page_without_those_that_cannot_be_read(
    api: ApiServer, store: Store
) -> None:
    for number in range(501):
        api.put(a_request(f"cart-{number}"))
    api.put(a_request("far", "garden"))
    api.put(a_target())
    api.objects[WHERE.replace("x7k2p", "7")]["spec"]["unknown"] = 1
    found = store.all_of(ChangeRequest)
    assert len(found) == 501
    assert {request.metadata.namespace for request in found} == {"shop", "garden"}
    assert len(api.asked) == 2


def test_an_object_is_deleted_only_as_it_was_read(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    touch(api)
    store.delete(request_)
    assert api.read(request_) is not None
    store.delete(api.read(request_))
    assert api.read(request_) is None
    store.delete(request_)


def test_a_deletion_that_is_refused_is_told(api: ApiServer, store: Store, request_: ChangeRequest) -> None:
    api.fault = fails("DELETE", "/cart-x7k2p", 422)
    with pytest.raises(Rejection):
        store.delete(request_)
