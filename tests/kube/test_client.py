"""What the API server answers becomes JSON, a Rejection that the caller must look at, or Waiting."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bellpull.cluster.client import Client, Rejection
from bellpull.errors import Stalled, Waiting
from tests.doubles.api_server import ApiServer, fails

WHERE = "/api/v1/namespaces/shop"


def test_a_reply_is_json(api: ApiServer, client: Client) -> None:
    api.keep(WHERE, {"metadata": {"name": "shop"}})
    assert client.call("GET", WHERE)["metadata"]["name"] == "shop"


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
def test_what_the_caller_must_look_at_is_a_rejection(api: ApiServer, client: Client, status: int) -> None:
    api.fault = fails("GET", "/shop", status, said={"message": "x" * 2000})
    with pytest.raises(Rejection) as rejection:
        client.call("GET", WHERE)
    assert rejection.value.status == status
    assert len(rejection.value.message) == 1000
    assert str(status) in str(rejection.value)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_the_cluster_can_be_blamed_for_is_waiting(api: ApiServer, client: Client, status: int) -> None:
    api.fault = fails("GET", "/shop", status)
    with pytest.raises(Waiting, match=f"status {status}: as ordered") as waiting:
        client.call("GET", WHERE)
    assert waiting.value.reason == "ApiServerUnavailable"


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_is_no_json_is_waiting(api: ApiServer, client: Client, status: int) -> None:
    api.fault = fails("GET", "/shop", status, said=b"<html>")
    with pytest.raises(Waiting, match="is no JSON"):
        client.call("GET", WHERE)


def test_a_server_that_hangs_up_is_waiting_and_asked_once(api: ApiServer, client: Client) -> None:
    api.fault = fails("GET", "/shop", 0, times=2)
    with pytest.raises(Waiting, match=rf"the API server at {api.url} did not answer GET"):
        client.call("GET", WHERE)
    assert len(api.asked) == 1


def test_an_empty_answer_is_an_empty_object(api: ApiServer, client: Client) -> None:
    api.fault = fails("GET", "/shop", 200, said=b"")
    assert client.call("GET", WHERE) == {}


def test_the_api_server_s_clock_is_known_from_its_last_answer(api: ApiServer, client: Client) -> None:
    assert client.time is None
    api.keep(WHERE, {"metadata": {"name": "shop"}})
    client.call("GET", WHERE)
    assert client.time is not None
    assert abs(client.time - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_a_cluster_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    with pytest.raises(Stalled, match="set KUBECONFIG to a kubeconfig file"):
        Client()
