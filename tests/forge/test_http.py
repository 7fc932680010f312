"""One request: no retry, no redirect, bounded."""

import time
from pathlib import Path

import pytest

from bellpull.errors import Waiting
from bellpull.forge.http import Http, Limits
from tests.forge.loopback import Answer, Asked, a_certificate, always, serving


def test_a_reply_has_status_headers_and_body() -> None:
    with serving(always(Answer(404, b"gone", {"X-Total-Count": "3"}))) as server:
        reply = Http().request("GET", f"{server.url}/a?b=c", {"Authorization": "token t"})
    assert (reply.status, reply.body, reply.headers["x-total-count"]) == (404, b"gone", "3")
    assert server.lines == ["GET /a?b=c"]
    assert server.asked[0].authorization == "token t"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(status, b"", {"Location": f"{other.url}/x"})

    with serving(always(Answer(200, b"elsewhere"))) as other, serving(answer) as server:
        reply = Http().request("GET", server.url, {"Authorization": "token t"})
    assert reply.status == status
    assert other.asked == []


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize(
    "answer", [Answer(502), Answer(503, b"", {"Retry-After": "1"}), Answer(429, b"", {"Retry-After": "1"})]
)
def test_a_failure_is_not_tried_again(method: str, answer: Answer) -> None:
    with serving(always(answer)) as server:
        assert Http().request(method, server.url, {}, b"{}").status == answer.status
    assert len(server.asked) == 1


def test_a_request_that_is_not_answered_is_not_tried_again() -> None:
    with serving(always(Answer(hang_up=True))) as server, pytest.raises(Waiting) as waiting:
        Http().request("POST", server.url, {}, b"{}")
    assert waiting.value.reason == "RepositoryUnavailable"
    assert len(server.asked) == 1


def test_a_server_that_does_not_listen_is_waited_for() -> None:
    with pytest.raises(Waiting):
        Http().request("GET", "http://127.0.0.1:9/", {})


def test_a_pause_that_is_too_long_ends_the_request() -> None:
    with serving(always(Answer(200, b"abc", pause=5))) as server, pytest.raises(Waiting):
        Http(limits=Limits(read=0.2)).request("GET", server.url, {})


def test_a_body_that_trickles_ends_the_request() -> None:
    started = time.monotonic()
    with serving(always(Answer(200, b"x" * 10_000, pause=0.05))) as server, pytest.raises(Waiting):
        Http(limits=Limits(whole=0.5)).request("GET", server.url, {})
    assert time.monotonic() - started < 5


def test_a_body_that_is_too_large_ends_the_request() -> None:
    with serving(always(Answer(200, b"x" * 1001))) as server, pytest.raises(Waiting):
        Http(limits=Limits(size=1000)).request("GET", server.url, {})
    with serving(always(Answer(200, b"x" * 1000))) as server:
        assert len(Http(limits=Limits(size=1000)).request("GET", server.url, {}).body) == 1000


def test_a_body_that_is_cut_off_is_waited_for() -> None:
    with serving(always(Answer(200, b"{}", {"Content-Length": "100"}))) as server, pytest.raises(Waiting):
        Http().request("GET", server.url, {})


def test_a_packed_body_is_not_unpacked() -> None:
    with serving(always(Answer(200, b"\x1f\x8bbomb", {"Content-Encoding": "gzip"}))) as server:
        assert Http().request("GET", server.url, {}).body == b"\x1f\x8bbomb"


def test_a_certificate_must_be_trusted(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    with serving(always(Answer(200, b"fine")), certificate) as server:
        with pytest.raises(Waiting):
            Http().request("GET", server.url, {})
        assert Http(tmp_path / "certificate.pem").request("GET", server.url, {}).body == b"fine"
    assert len(server.asked) == 1
