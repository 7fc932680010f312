"""Everything is looked at again now and then, and what finished long ago is deleted."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bellpull.api.changerequest import ChangeRequest
from bellpull.api.status import Report, status_of
from bellpull.cluster.client import Client
from bellpull.engine.resync import Resync
from bellpull.engine.router import Router
from bellpull.kube.store import Store
from bellpull.objects.objects import AnyObject, Key, key_of
from tests.builders import a_repository, a_request, a_target
from tests.doubles.api_server import ApiServer, fails

NOW = datetime.now(UTC)


class Heard:
    """A resync over the double, and what it told."""

    def __init__(self, client: Client, seconds: float = 600) -> None:
        self.told: list[Key] = []
        self.rounds = threading.Event()
        self.router = Router()
        self.resync = Resync(Store(client), self.router, self.tell, seconds)

    def tell(self, thing: AnyObject) -> None:
        self.told.append(key_of(thing))
        self.rounds.set()


@pytest.fixture
def heard(client: Client) -> Heard:
    return Heard(client)


def ended(name: str, days: int, repository: str | None = "gitops") -> ChangeRequest:
    report = Report("Merged", repository=repository)
    status = status_of(a_request(name), report, NOW - timedelta(days=days))
    return a_request(name, status=status)


def put(api: ApiServer, *things: Any) -> None:
    for thing in things:
        api.put(thing)


def test_everything_that_there_is_is_told_and_the_rest_forgotten(api: ApiServer, heard: Heard) -> None:
    gone = key_of(a_request("gone"))
    heard.router.saw_request(gone, a_request("gone"))
    put(api, a_repository(), a_target(), a_request(), ended("done", 1))
    heard.resync.once()
    expected: list[AnyObject] = [a_repository(), a_target(), a_request(), ended("done", 1)]
    assert heard.told == [key_of(thing) for thing in expected]
    assert heard.router.requests_of_target(key_of(a_target())) == []


def test_what_finished_longer_ago_than_the_repository_keeps_it_is_deleted(api: ApiServer, heard: Heard) -> None:
    put(api, a_repository(ttlAfterFinished="7d"), ended("old", 8), ended("young", 6), a_request())
    heard.resync.once()
    assert api.read(a_request("old")) is None
    assert api.read(a_request("young")) is not None
    assert api.read(a_request()) is not None


@pytest.mark.parametrize("days", [-400, 400])
def test_nothing_is_deleted_by_a_clock_that_the_api_server_does_not_share(
    api: ApiServer, heard: Heard, client: Client, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    put(api, a_repository(ttlAfterFinished="7d"), ended("young", 6), ended("old", 8))
    Resync(Store(client), heard.router, heard.tell, 600, now=lambda: NOW + timedelta(days=days)).once()
    assert api.read(a_request("young")) is not None
    assert api.read(a_request("old")) is not None
    assert "nothing is deleted for its age: the clock here says" in caplog.text


def test_what_was_never_proposed_is_kept_as_its_target_s_repository_says(api: ApiServer, heard: Heard) -> None:
    heard.router.saw_target(key_of(a_target()), a_target())
    request = ended("old", 8, repository=None)
    heard.router.saw_request(key_of(request), request)
    put(api, a_repository(ttlAfterFinished="7d"), a_target(), request)
    heard.resync.once()
    assert api.read(request) is None


def test_without_its_repository_nobody_knows_how_long_it_is_kept(api: ApiServer, heard: Heard) -> None:
    put(api, ended("old", 10_000))
    heard.resync.once()
    assert api.read(a_request("old")) is not None


@pytest.mark.parametrize("fault", [(503, None), (422, None), (200, {"odd": 1})])
def test_a_round_that_fails_is_followed_by_another(
    api: ApiServer, client: Client, fault: tuple[int, object], caplog: pytest.LogCaptureFixture
) -> None:
    put(api, a_repository())
    status, said = fault
    failing = fails("GET", "", status, said=said)
    api.fault = lambda method, _: failing(method, "")
    heard = Heard(client, seconds=0.02)
    heard.resync.start()
    try:
        assert heard.rounds.wait(10)
    finally:
        heard.resync.stop()
    assert len(caplog.records) == 1
