"""Gitea as it should not be: every reply that cannot be believed ends in one of our two errors."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.forge.forge import Proposal, Pull
from bellpull.forge.gitea import Gitea
from tests.forge.loopback import Answer, Asked, Loopback, always, serving

USER = {"login": "bot"}
REPOSITORY = {"archived": False, "empty": False, "has_pull_requests": True, "permissions": {"push": True}}
PROPOSAL = Proposal("bellpull/a", "main", "A title", "A body")
A_PULL = Pull(1, "https://git.acme.example/o/r/pulls/1", "bellpull/a", "main", "a" * 40, "Open", ours=True)


def a_reply(number: Any = 1, **other: Any) -> dict[str, Any]:
    side = {"label": "bellpull/a", "sha": "a" * 40, "repo_id": 1, "ref": "bellpull/a"}
    return {
        "number": number,
        "html_url": f"https://git.acme.example/o/r/pulls/{number}",
        "title": "A title",
        "body": "A body",
        "state": "open",
        "merged": False,
        "merge_commit_sha": None,
        "merged_by": None,
        "user": USER,
        "base": side | {"label": "main"},
        "head": side,
        "updated_at": "2026-01-01T00:00:00Z",
    } | other


def as_json(value: Any, **headers: str) -> Answer:
    return Answer(200, json.dumps(value).encode(), headers)


def telling(pulls: Answer) -> Callable[[Asked], Answer]:
    """A forge that knows us and answers everything else with `pulls`."""
    return lambda asked: as_json(USER) if asked.path == "/api/v1/user" else pulls


def a_gitea(server: Loopback) -> Gitea:
    return Gitea(f"{server.url}/o/r.git", "s3cret", "main")


WRONG = [
    Answer(200, b"<html>Please log in</html>"),
    Answer(200, b""),
    Answer(200, b"null"),
    Answer(200, b"{}"),
    Answer(200, b'[{"number": 1'),
    Answer(200, b"\xff\xfe"),
    as_json([a_reply(number="1")]),
    as_json([a_reply(number=0)]),
    as_json([a_reply(state="merged")]),
    as_json([a_reply(html_url="javascript:alert(1)")]),
    as_json([a_reply(head={"label": "x", "sha": "--upload-pack=id", "repo_id": 1})]),
    as_json([a_reply(head=None)]),
    as_json([a_reply(merged=1)]),
    as_json([a_reply(user={"login": ""})]),
    as_json([a_reply(title=None)]),
]


@pytest.mark.parametrize("answer", WRONG)
def test_a_reply_of_the_wrong_shape_is_waited_for_and_not_shown(answer: Answer) -> None:
    with serving(telling(answer)) as server, pytest.raises(Waiting) as waiting:
        a_gitea(server).open_pulls()
    assert waiting.value.reason == "RepositoryUnavailable"
    assert waiting.value.__cause__ is None
    assert "html" not in str(waiting.value).replace("html_url", "")


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(401), Stalled, "CredentialsRefused"),
        (Answer(403), Stalled, "CredentialsRefused"),
        (Answer(404), Stalled, "RepositoryNotFound"),
        (Answer(301, b"", {"Location": "/elsewhere"}), Stalled, "RepositoryNotFound"),
        (Answer(307, b"", {"Location": "/elsewhere"}), Stalled, "RepositoryNotFound"),
        (Answer(423), Stalled, "ForgeRefused"),
        (Answer(422), Stalled, "ForgeRefused"),
        (Answer(429), Waiting, "RateLimited"),
        (Answer(500, b"Authorization: token s3cret"), Waiting, "RepositoryUnavailable"),
        (Answer(503), Waiting, "RepositoryUnavailable"),
    ],
)
def test_a_status_says_who_has_to_act(answer: Answer, kind: type[BellpullError], reason: str) -> None:
    with serving(always(answer)) as server, pytest.raises(kind) as raised:
        a_gitea(server).check()
    assert raised.value.reason == reason
    assert "s3cret" not in str(raised.value)
    assert raised.value.message.endswith(".")


@pytest.mark.parametrize(
    ("header", "delay"),
    [("7", 7), ("0", 1), ("99999", 3600), ("Wed, 21 Oct 2026 07:28:00 GMT", 60), ("", 60), ("²", 60)],
)
def test_the_forge_says_how_long_to_wait(header: str, delay: float) -> None:
    answer = Answer(429, b"", {"Retry-After": header.encode().decode("latin-1")})
    with serving(always(answer)) as server, pytest.raises(Waiting) as waiting:
        a_gitea(server).check()
    assert waiting.value.delay == delay


@pytest.mark.parametrize("answer", [Answer(500), Answer(504), Answer(hang_up=True), Answer(201, b"<html>")])
def test_an_unanswered_create_is_asked_once_and_looked_at_again_after_five_seconds(answer: Answer) -> None:
    with serving(telling(answer)) as server, pytest.raises(Waiting) as waiting:
        a_gitea(server).open(PROPOSAL)
    assert waiting.value.delay == 5
    assert server.lines.count("POST /api/v1/repos/o/r/pulls") == 1


def test_a_declined_create_stalls_after_one_request() -> None:
    for status, reason in (
        (422, "ForgeRefused"),
        (403, "ForgeRefused"),
        (423, "ForgeRefused"),
        (401, "CredentialsRefused"),
    ):
        with serving(telling(Answer(status))) as server, pytest.raises(Stalled) as stalled:
            a_gitea(server).open(PROPOSAL)
        assert stalled.value.reason == reason
        assert len(server.asked) == 1


def test_a_rate_limited_create_waits_as_long_as_the_forge_says() -> None:
    with serving(telling(Answer(429, b"", {"Retry-After": "30"}))) as server, pytest.raises(Waiting) as waiting:
        a_gitea(server).open(PROPOSAL)
    assert (waiting.value.reason, waiting.value.delay) == ("RateLimited", 30)


def test_a_conflict_without_a_pull_request_to_be_seen_is_waited_for() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(409) if asked.method == "POST" else as_json(USER if asked.path.endswith("user") else [])

    with serving(answer) as server, pytest.raises(Waiting) as waiting:
        a_gitea(server).open(PROPOSAL)
    assert waiting.value.delay == 5


def paged(total: int, size: int, told: bool) -> Callable[[Asked], Answer]:
    """A forge with its own page size; `told`: it counts them for us."""

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/user"):
            return as_json(USER)
        page = int(asked.path.rpartition("page=")[2])
        numbers = range(1, total + 1)[(page - 1) * size : page * size]
        return as_json([a_reply(number) for number in numbers], **({"X-Total-Count": str(total)} if told else {}))

    return answer


@pytest.mark.parametrize(
    ("total", "size", "told", "requests"),
    [(120, 50, True, 3), (120, 20, True, 6), (40, 20, False, 3), (0, 50, True, 1)],
)
def test_every_page_is_read_whatever_its_size(total: int, size: int, told: bool, requests: int) -> None:
    with serving(paged(total, size, told)) as server:
        pulls = a_gitea(server).open_pulls()
    assert [pull.number for pull in pulls] == list(range(1, total + 1))
    assert sum("page=" in line for line in server.lines) == requests


def test_a_list_without_an_end_stalls() -> None:
    with serving(always(as_json([a_reply()]))) as server, pytest.raises(Stalled) as stalled:
        a_gitea(server).open_pulls()
    assert stalled.value.reason == "TooLarge"
    assert len(server.asked) == 40


def test_a_pull_request_seen_on_two_pages_counts_once() -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/user"):
            return as_json(USER)
        return as_json([a_reply(1)] if "page=3" not in asked.path else [])

    with serving(answer) as server:
        assert len(a_gitea(server).open_pulls()) == 1


def test_nothing_asked_is_nothing_requested() -> None:
    with serving(always(Answer(500))) as server:
        assert a_gitea(server).find([], {}) == {}
    assert server.asked == []


def test_the_account_is_asked_for_once() -> None:
    with serving(telling(as_json([a_reply()], **{"X-Total-Count": "1"}))) as server:
        gitea = a_gitea(server)
        assert [pull.ours for pull in (*gitea.open_pulls(), *gitea.open_pulls())] == [True, True]
    assert server.lines.count("GET /api/v1/user") == 1
    assert all(asked.authorization == "token s3cret" for asked in server.asked)


@pytest.mark.parametrize(
    "url",
    [
        "https://h/o",
        "https://u@h/o/r.git",
        "https://h/o/r.git?x",
        "https://h/o/r.git#x",
        "ftp://h/o/r",
        "https://h/o/r\n.git",
        "https://h\\@e/o/r",
    ],
)
def test_a_url_that_is_no_repository_address_is_a_bug(url: str) -> None:
    with pytest.raises(ValueError, match="URL of a Gitea repository"):
        Gitea(url, "t", "main")


@pytest.mark.parametrize("end", ["", ".git", ".git/"])
def test_a_forge_below_a_path_is_found(end: str) -> None:
    with serving(always(Answer(401))) as server, pytest.raises(Stalled):
        Gitea(f"{server.url}/sub/path/o/r{end}", "t", "main").check()
    assert server.lines == ["GET /sub/path/api/v1/user"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"archived": True}, "ForgeRefused"),
        ({"has_pull_requests": False}, "ForgeRefused"),
        ({"permissions": {"push": False}}, "CredentialsRefused"),
    ],
)
def test_a_repository_that_cannot_be_worked_with_stalls(change: dict[str, Any], reason: str) -> None:
    with serving(telling(as_json(REPOSITORY | change))) as server, pytest.raises(Stalled) as stalled:
        a_gitea(server).check()
    assert stalled.value.reason == reason


def test_reviews_without_an_account_are_passed_over() -> None:
    def answer(asked: Asked) -> Answer:
        if "/reviews" in asked.path:
            gone = {"state": "APPROVED", "user": None, "stale": False, "dismissed": False}
            return as_json([gone], **{"X-Total-Count": "1"})
        return as_json(USER) if asked.path.endswith("/user") else Answer(404)

    with serving(answer) as server:
        gitea = a_gitea(server)
        verdict = gitea.verdict(A_PULL)
    assert (verdict.review, verdict.checks) == ("", "")


@pytest.mark.parametrize(
    ("state", "checks"),
    [
        ("pending", "Pending"),
        ("success", "Passing"),
        ("skipped", "Passing"),
        ("failure", "Failing"),
        ("error", "Failing"),
        ("warning", "Failing"),
    ],
)
def test_every_state_of_the_checks_is_known(state: str, checks: str) -> None:
    def answer(asked: Asked) -> Answer:
        return as_json({"state": state, "total_count": 1}) if "/status" in asked.path else as_json([])

    with serving(answer) as server:
        assert a_gitea(server).verdict(A_PULL).checks == checks
