"""The mirror against a real Gitea over HTTP."""

import threading
from pathlib import Path

import pytest

from bellpull.errors import Stalled
from bellpull.git.mirror import Credential, Mirror
from bellpull.git.repository import Commit
from tests.git.origin import a_commit
from tests.lab.forge_server import Repository, Server, server

__all__ = ["server"]

FILE = "apps/cart.yaml"
BRANCH = "bellpull/a"


@pytest.fixture
def repository(server: Server) -> Repository:
    return server.repository()


def a_change(parent: str, branch: str = BRANCH, replicas: int = 10, expected: str | None = None) -> Commit:
    return a_commit(parent, branch, {FILE: ("100644", b"replicas: %d\n" % replicas)}, expected)


def test_the_base_is_fetched_read_and_followed(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    assert mirror.fetch() == repository.head("main")
    moved = repository.write(FILE, "replicas: 4\n")
    assert mirror.fetch() == moved
    assert mirror.snapshot(moved, [FILE]).entries[FILE].data == b"replicas: 4\n"


def test_a_commit_arrives_and_arriving_twice_is_the_same(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    pushed = mirror.push([a_change(base)])[BRANCH]
    assert (pushed.refused, repository.head(BRANCH)) == ("", pushed.sha)
    another = repository.mirror(tmp_path / "another")
    another.fetch()
    assert another.push([a_change(base)])[BRANCH] == pushed


def test_fifty_commits_arrive_together(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    pushed = mirror.push([a_change(base, f"bellpull/{n}", n + 10) for n in range(50)])
    assert {one.refused for one in pushed.values()} == {""}
    assert repository.head("bellpull/49") == pushed["bellpull/49"].sha


def test_a_persons_commit_is_not_overwritten(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    first = mirror.push([a_change(base)])[BRANCH].sha
    theirs = repository.write(FILE, "replicas: 7\n", BRANCH)
    assert mirror.push([a_change(base, replicas=11, expected=first)])[BRANCH].stale
    assert mirror.delete({BRANCH: first})[BRANCH].stale
    assert repository.head(BRANCH) == theirs
    mirror.fetch()
    assert mirror.branches([BRANCH])[BRANCH].head == theirs


def test_a_protected_branch_is_refused_and_the_others_arrive(tmp_path: Path, repository: Repository) -> None:
    rule = {"rule_name": "bellpull/locked", "enable_push": False}
    repository.ask("POST", "/branch_protections", rule)
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    pushed = mirror.push([a_change(base, name) for name in ("bellpull/x", "bellpull/locked", "bellpull/y")])
    assert [bool(one.refused) for one in pushed.values()] == [False, True, False]
    assert (pushed["bellpull/locked"].stale, repository.head("bellpull/locked")) == (False, "")


def test_a_branch_is_deleted_and_gone_counts_as_deleted(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    first = mirror.push([a_change(mirror.fetch())])[BRANCH].sha
    assert mirror.delete({BRANCH: first})[BRANCH].refused == ""
    assert mirror.delete({BRANCH: first})[BRANCH].refused == ""
    assert repository.head(BRANCH) == ""


def test_a_wrong_token_stalls(tmp_path: Path, repository: Repository) -> None:
    with pytest.raises(Stalled) as stalled:
        repository.mirror(tmp_path, token="0" * 40).fetch()
    assert stalled.value.reason == "CredentialsRefused"


def test_a_token_that_is_taken_away_stalls_the_push(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    credential = Credential("bellpull", "0" * 40)
    with pytest.raises(Stalled) as stalled:
        Mirror(tmp_path / "mirror", repository.url, "main", "bellpull/", credential).push([a_change(base)])
    assert stalled.value.reason == "CredentialsRefused"


def test_an_account_that_may_only_read_is_declined(tmp_path: Path, repository: Repository) -> None:
    repository.ask("PUT", "/collaborators/bellpull-bot", {"permission": "read"})
    mirror = repository.mirror(tmp_path)
    pushed = mirror.push([a_change(mirror.fetch())])[BRANCH]
    assert "let the operator's account write" in pushed.refused
    assert (pushed.stale, repository.head(BRANCH)) == (False, "")


def test_a_repository_that_is_gone_stalls(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    mirror.fetch()
    repository.ask("DELETE", "")
    with pytest.raises(Stalled) as stalled:
        mirror.fetch()
    assert stalled.value.reason == "RepositoryNotFound"


def test_a_renamed_repository_stalls_and_is_not_followed(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    mirror.fetch()
    repository.ask("PATCH", "", {"name": f"{repository.name.partition('/')[2]}-renamed"})
    with pytest.raises(Stalled) as stalled:
        mirror.fetch()
    assert stalled.value.reason == "RepositoryNotFound"


def test_an_archived_repository_refuses_the_push(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    base = mirror.fetch()
    repository.ask("PATCH", "", {"archived": True})
    with pytest.raises(Stalled):
        mirror.push([a_change(base)])


def test_the_token_is_in_no_command_line_and_on_no_disk(tmp_path: Path, repository: Repository) -> None:
    token = repository.server.tokens["bot"]
    mirror = repository.mirror(tmp_path)
    base, done = mirror.fetch(), threading.Event()
    seen: list[bytes] = []

    def watch() -> None:
        while not done.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(file.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        mirror.push([a_change(base, f"bellpull/{n}", n + 10) for n in range(20)])
    finally:
        done.set()
        watcher.join()
    assert any(b"send-pack" in line or b"remote-http" in line for line in seen)
    secrets = (token.encode(), Credential("bellpull", token).header.rpartition(" ")[2].encode())
    assert not any(secret in line for line in seen for secret in secrets)
    files = [file for file in (tmp_path / "mirror").rglob("*") if file.is_file()]
    assert not any(secret in file.read_bytes() for file in files for secret in secrets)
