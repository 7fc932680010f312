"""A remote over HTTP that misbehaves, or wants to be trusted: what a real forge cannot be made to do."""

import subprocess
import time
from pathlib import Path

import pytest

from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.git.mirror import Credential, Mirror
from tests.forge.loopback import Answer, Asked, a_certificate, always, serving
from tests.git.origin import Origin

CREDENTIAL = Credential("bot", "s3cret")


def a_mirror_of(url: str, directory: Path, ca_file: Path | None = None) -> Mirror:
    return Mirror(directory / "mirror", f"{url}/o/r.git", "main", "bellpull/", CREDENTIAL, ca_file)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, Stalled, "CredentialsRefused"),
        (403, Stalled, "CredentialsRefused"),
        (404, Stalled, "RepositoryNotFound"),
        (429, Waiting, "RateLimited"),
        (500, Waiting, "RepositoryUnavailable"),
        (503, Waiting, "RepositoryUnavailable"),
    ],
)
def test_a_status_says_who_has_to_act(tmp_path: Path, status: int, kind: type[BellpullError], reason: str) -> None:
    answer = Answer(status, b"you sent s3cret", {"Content-Type": "text/plain"})
    with serving(always(answer)) as server, pytest.raises(kind) as raised:
        a_mirror_of(server.url, tmp_path).fetch()
    assert raised.value.reason == reason
    assert "s3cret" not in str(raised.value)


def test_a_login_page_with_200_is_never_taken_for_a_repository(tmp_path: Path) -> None:
    """Git reads it as an old server's list of branches, in which ours is missing."""
    page = Answer(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
    with serving(always(page)) as server, pytest.raises(Stalled) as stalled:
        a_mirror_of(server.url, tmp_path).fetch()
    assert stalled.value.reason == "BranchMissing"
    assert "correct URL or branch" in stalled.value.message


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(301, b"", {"Location": f"{other.url}{asked.path}"})

    with serving(always(Answer(404))) as other, serving(answer) as server, pytest.raises(Stalled) as stalled:
        a_mirror_of(server.url, tmp_path).fetch()
    assert stalled.value.reason == "RepositoryNotFound"
    assert "moved" in stalled.value.message
    assert other.asked == []


def test_the_credential_is_sent_at_once_and_is_not_asked_for(tmp_path: Path) -> None:
    with serving(always(Answer(404))) as server, pytest.raises(Stalled):
        a_mirror_of(server.url, tmp_path).fetch()
    assert f"Authorization: {server.asked[0].authorization}" == CREDENTIAL.header


def test_a_private_authority_is_trusted_where_it_is_given(tmp_path: Path, origin: Origin) -> None:
    origin.git("update-server-info", directory=origin.path)

    def answer(asked: Asked) -> Answer:
        file = origin.path / asked.path.removeprefix("/o/r.git/").partition("?")[0]
        return Answer(200, file.read_bytes(), {"Content-Type": "text/plain"}) if file.is_file() else Answer(404)

    with serving(answer, a_certificate(tmp_path)) as server:
        assert a_mirror_of(server.url, tmp_path, tmp_path / "certificate.pem").fetch() == origin.head()
        with pytest.raises(Waiting) as waiting:
            a_mirror_of(server.url, tmp_path / "second").fetch()
    assert "certificate" in waiting.value.message


def test_nothing_is_left_running_after_a_refusal(tmp_path: Path) -> None:
    with serving(always(Answer(403))) as server, pytest.raises(Stalled):
        a_mirror_of(server.url, tmp_path).fetch()
    for _ in range(50):
        found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        if str(tmp_path) not in found:
            return
        time.sleep(0.1)
    pytest.fail("a git process is still running")
