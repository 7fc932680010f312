"""From an event to keys in the queue: what is news, and whose."""

from typing import Any

import pytest

from bellpull.api.changerequest import ChangeRequest, FileChange
from bellpull.api.kinds import CHANGE_REPOSITORY, CHANGE_REQUEST, CHANGE_TARGET
from bellpull.api.status import Report, status_of
from bellpull.cluster.client import Client
from bellpull.engine.queue import Queue
from bellpull.engine.router import ASK_AGAIN, Router
from bellpull.kube.handlers import News
from bellpull.kube.store import Store
from bellpull.objects.objects import AnyObject, Key, key_of
from tests.builders import NOW, a_pull_status, a_repository, a_request, a_target, as_stored, deleting
from tests.doubles.api_server import ApiServer

KIND = {"ChangeRequest": CHANGE_REQUEST, "ChangeTarget": CHANGE_TARGET, "ChangeRepository": CHANGE_REPOSITORY}
REQUEST, TARGET, REPOSITORY = key_of(a_request()), key_of(a_target()), key_of(a_repository())


class Listener:
    """News, and what of it comes out of the queue."""

    def __init__(self, client: Client) -> None:
        self.queue, self.router, self.store = Queue(), Router(), Store(client)
        self.news = News(self.queue, self.router, self.store)

    def tell(self, thing: AnyObject, event: str | None = "MODIFIED") -> list[tuple[str, list[Key]]]:
        self.raw(type(thing).__name__, as_stored(thing), event)
        return self.heard()

    def raw(self, kind: str, body: dict[str, Any], event: str | None = "MODIFIED") -> None:
        self.news.tell(KIND[kind], event, body)

    def heard(self) -> list[tuple[str, list[Key]]]:
        """What is due now, by lane. A key in a lane of its own makes `take` return when there is nothing else."""
        found = []
        end = Key("end", "", "")
        self.queue.add("~end", [end])
        while (taken := self.queue.take()) is not None and taken[0] != "~end":
            found.append((taken[0], sorted(taken[1])))
            self.queue.done(taken[0])
        self.queue.done("~end")
        return sorted(found)


@pytest.fixture
def listener(client: Client) -> Listener:
    return Listener(client)


def ended(request: ChangeRequest, state: str = "Merged") -> ChangeRequest:
    return request.model_copy(update={"status": status_of(request, Report(state, repository="gitops"), NOW)})


def test_a_new_request_goes_to_its_target_s_repository(listener: Listener) -> None:
    assert listener.tell(a_target(), None) == [("gitops", [TARGET])]
    assert listener.tell(a_request(), "ADDED") == [("gitops", [REQUEST])]


def test_a_request_without_a_target_goes_where_somebody_tells_it_so(listener: Listener) -> None:
    assert listener.tell(a_request(), "ADDED") == [("", [REQUEST])]


def test_a_request_goes_where_it_was_proposed_whatever_its_target_says_now(listener: Listener) -> None:
    listener.tell(a_target(repository="other"))
    assert listener.tell(ended(a_request(), "InReview")) == [("gitops", [REQUEST])]


def test_a_settled_request_is_left_alone_until_its_spec_or_its_life_changes(listener: Listener) -> None:
    assert listener.tell(ended(a_request())) == []
    again = ended(a_request()).model_copy(update={"metadata": a_request(meta={"generation": 2}).metadata})
    assert listener.tell(again) == [("gitops", [REQUEST])]
    gone = ended(a_request()).model_copy(update={"metadata": a_request(meta=deleting()).metadata})
    assert listener.tell(gone) == [("gitops", [REQUEST])]


def test_our_own_writes_are_no_news_but_are_remembered(listener: Listener, api: ApiServer) -> None:
    api.put(a_request())
    stored: ChangeRequest = api.read(a_request())
    written = listener.store.write_status(stored, ended(stored, "InReview").status)
    assert listener.tell(written) == []
    assert listener.router.lane(REQUEST) == "gitops"
    api.keep("x", {"metadata": {}})
    labelled = as_stored(written)
    labelled["metadata"]["resourceVersion"] = "9999"
    listener.raw("ChangeRequest", labelled)
    assert listener.heard() == [("gitops", [REQUEST])]


def test_our_own_writes_of_the_other_kinds_are_no_news(listener: Listener, api: ApiServer) -> None:
    for thing in (a_target(), a_repository()):
        api.put(thing)
        stored = api.read(thing)
        status = stored.status.model_copy(update={"observed_generation": 5})
        assert listener.tell(listener.store.write_status(stored, status)) == []


def test_news_of_a_target_wakes_its_unfinished_requests(listener: Listener) -> None:
    listener.tell(a_request())
    listener.tell(a_request("other", target="elsewhere"))
    listener.tell(ended(a_request("done")))
    listener.tell(a_request(namespace="garden"))
    assert listener.tell(a_target()) == [("gitops", [REQUEST, TARGET])]


def test_news_of_a_repository_wakes_what_waits_in_it(listener: Listener) -> None:
    listener.tell(a_target())
    listener.tell(a_request())
    listener.tell(ended(a_request("done")))
    assert listener.tell(a_repository()) == [("gitops", sorted([REPOSITORY, REQUEST, TARGET]))]


def test_a_target_that_is_gone_wakes_its_requests_where_they_belong_now(listener: Listener) -> None:
    listener.tell(a_target())
    listener.tell(a_request())
    listener.tell(ended(a_request("proposed"), "InReview"))
    proposed = Key("ChangeRequest", "shop", "proposed")
    assert listener.tell(a_target(), "DELETED") == [("", [REQUEST]), ("gitops", [proposed])]


def test_a_repository_that_is_gone_wakes_all_that_waits_in_it(listener: Listener) -> None:
    listener.tell(a_target())
    listener.tell(a_request())
    assert listener.tell(a_repository(), "DELETED") == [("gitops", [REQUEST, TARGET])]


def test_a_request_that_is_gone_is_forgotten(listener: Listener) -> None:
    listener.tell(a_target())
    listener.tell(a_request())
    assert listener.tell(a_request(), "DELETED") == []
    assert listener.router.lane(REQUEST) == ""
    assert listener.tell(a_target()) == [("gitops", [TARGET])]


def test_an_object_that_cannot_be_read_is_passed_over(listener: Listener) -> None:
    listener.raw("ChangeRequest", {"metadata": {"name": "x", "namespace": "shop"}, "spec": {"unknown": 1}})
    assert listener.heard() == []


def test_a_person_can_ask_for_a_look_at_a_settled_request(listener: Listener) -> None:
    listener.tell(ended(a_request()))
    asking = a_request(meta={"annotations": {ASK_AGAIN: "2026-11-22T03:00:00Z"}})
    assert listener.tell(ended(asking)) == [("gitops", [REQUEST])]
    assert listener.tell(ended(asking)) == []


def test_what_is_listed_is_news_whoever_wrote_it_last(listener: Listener, api: ApiServer) -> None:
    api.put(a_target())
    stored = api.read(a_target())
    written = listener.store.write_status(stored, stored.status.model_copy(update={"observed_generation": 5}))
    assert listener.tell(written) == []
    for thing in (written, a_request(), ended(a_request("done")), a_repository()):
        listener.news.listed(thing)
    assert listener.heard() == [("gitops", sorted([TARGET, REQUEST, REPOSITORY]))]


def test_requests_for_one_value_hear_of_each_other(listener: Listener) -> None:
    def asking(name: str) -> ChangeRequest:
        change = FileChange(file="f", object="Deployment/cart", path="spec.replicas", from_="3", to="10")
        report = Report("InReview", repository="gitops", changes=(change,), pull_request=a_pull_status())
        return a_request(name).model_copy(update={"status": status_of(a_request(name), report, NOW)})

    one, two = asking("one"), asking("two")
    listener.tell(one)
    assert listener.tell(two) == [("gitops", [key_of(one), key_of(two)])]
