"""What the operator stands on gives way: its disk, its mirror, its credentials, its Lease."""

import base64
import json
import resource
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.forge import BOT, BOT_SCOPES, call
from lab.operate import NAMESPACE
from tests.lab.conftest import until
from tests.lab.faults.pair import Pair

SMALL = 256 << 10  # bytes of one file; the operator's own log stays far below


def mirror(pair: Pair) -> Path:
    return pair.world.lab.directory / "operator-a" / "mirrors" / pair.broken.name


def write(pair: Pair, path: str, content: bytes) -> None:
    """A commit of a person on the base branch."""
    body = {"branch": "main", "message": f"Add {path}", "content": base64.b64encode(content).decode()}
    pair.broken.forge("POST", f"/contents/{path}", body, "reviewer")


def test_a_deleted_mirror_is_made_again(pair: Pair) -> None:
    known = pair.ask()
    pair.is_in_review_once(known)
    shutil.rmtree(mirror(pair))
    pair.is_in_review_once(pair.ask())
    pair.is_in_review_once(known)


@pytest.mark.parametrize("what", ["objects", "refs", "config"])
def test_a_corrupt_mirror_is_made_again(pair: Pair, what: str) -> None:
    pair.is_in_review_once(pair.ask())
    files = [mirror(pair) / "config"]
    if what == "objects":
        files = [file for file in mirror(pair).glob("objects/**/*") if file.is_file()]
    elif what == "refs":
        files = [file for file in (mirror(pair) / "packed-refs", *mirror(pair).glob("refs/**/*")) if file.is_file()]
    for file in files:
        file.chmod(0o600)
        file.write_bytes(b"\x00[not what it was")
    pair.is_in_review_once(pair.ask())
    pair.others_go_on()


def test_a_full_disk_under_the_mirror_is_told_and_waited_for(pair: Pair) -> None:
    """A limit on the size of files stands for the full disk: any user can set it, and git gets the same refusal."""
    pid = pair.world.pid()
    usual = resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, resource.RLIM_INFINITY))
    try:
        write(pair, f"noise-{secrets.token_hex(4)}.bin", secrets.token_bytes(2 * SMALL))
        name = pair.ask()
        assert pair.says(name, "RepositoryUnavailable")
        pair.others_go_on()
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
    pair.is_in_review_once(name, 60)


@pytest.fixture
def password(pair: Pair) -> str:
    """The bot's at the forge, with which its tokens are made and revoked."""
    word = secrets.token_hex(16)
    person = {"login_name": BOT, "source_id": 0, "password": word, "must_change_password": False}
    assert pair.world.lab.forge("PATCH", f"/admin/users/{BOT}", person)[0] == 200
    return "Basic " + base64.b64encode(f"{BOT}:{word}".encode()).decode()


def put_token(pair: Pair, token: str) -> None:
    """Into the Secret of the broken lane."""
    data = json.dumps({"stringData": {"token": token}})
    pair.world.lab.kubectl("patch", "secret", f"{pair.broken.name}-bot", "-n", NAMESPACE, "--type=merge", "-p", data)


@pytest.fixture
def usual_token(pair: Pair) -> Iterator[str]:
    token = pair.world.lab.env["LAB_FORGE_BOT_TOKEN"]
    yield token
    put_token(pair, token)


def test_a_rotated_token_is_used_and_a_revoked_one_is_told(pair: Pair, password: str, usual_token: str) -> None:
    known = pair.ask()
    pair.is_in_review_once(known)
    forge = pair.world.lab.env["LAB_FORGE_URL"]
    wanted = {"name": f"second-{secrets.token_hex(4)}", "scopes": BOT_SCOPES}
    status, made = call(forge, password, "POST", f"/users/{BOT}/tokens", wanted)
    assert status == 201, made
    put_token(pair, made["sha1"])
    pair.is_in_review_once(pair.ask())
    assert call(forge, password, "DELETE", f"/users/{BOT}/tokens/{made['id']}")[0] == 204
    new = pair.ask()
    assert "token" in pair.says(new, "RepositoryUnavailable").lower()
    until(lambda: pair.ready()["reason"] == "CredentialsRefused", "the ChangeRepository says so")
    pair.others_go_on()
    assert pair.world.requests()[known]["status"]["pullRequest"]["state"] == "Open"
    put_token(pair, usual_token)
    pair.is_in_review_once(new)
    pair.is_in_review_once(known)


def test_a_secret_that_is_gone_is_told_and_used_when_it_is_back(pair: Pair) -> None:
    pair.world.lab.kubectl("delete", "secret", f"{pair.broken.name}-bot", "-n", NAMESPACE)
    try:
        name = pair.ask()
        assert f"{NAMESPACE}/{pair.broken.name}-bot" in pair.says(name, "RepositoryUnavailable")
        pair.others_go_on()
    finally:
        pair.world.apply(pair.world.secret(pair.broken))
    pair.is_in_review_once(name)


def lease(pair: Pair) -> str:
    names = pair.world.lab.kubectl("get", "lease", "-n", NAMESPACE, "-o", "name").stdout.split()
    return next(name for name in names if f"-{pair.broken.name}-" in name)


def steal(pair: Pair, renewed: datetime, holder: str = "a thief", **more: int) -> None:
    spec = {"holderIdentity": holder, "renewTime": renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    patch = json.dumps({"spec": {**spec, **more}})
    pair.world.lab.kubectl("patch", lease(pair), "-n", NAMESPACE, "--type=merge", "-p", patch)


def test_a_deleted_lease_is_taken_again(pair: Pair) -> None:
    pair.world.lab.kubectl("delete", lease(pair), "-n", NAMESPACE)
    pair.is_in_review_once(pair.ask())
    assert lease(pair)


def test_nothing_is_pushed_while_another_holds_the_lease(pair: Pair) -> None:
    steal(pair, datetime.now(UTC), leaseDurationSeconds=600)  # longer than the slowest machine needs for this test
    time.sleep(2)  # what is held is believed for at most two thirds of its duration
    name = pair.ask()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        assert not pair.broken.branches()
    pair.others_go_on()
    assert not pair.broken.branches()
    steal(pair, datetime.now(UTC), holder="")
    pair.is_in_review_once(name)


@pytest.mark.parametrize("years", [-26, 73])
def test_a_holder_whose_clock_is_wrong_is_waited_for_as_long_as_any_other(pair: Pair, years: int) -> None:
    """Takeovers go by the watcher's own monotonic clock: what the holder wrote as the time is compared with nothing."""
    steal(pair, datetime.now(UTC) + timedelta(days=365 * years))
    pair.is_in_review_once(pair.ask())
