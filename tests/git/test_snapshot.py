"""Snapshots: what stands at a commit, without ever following a link or leaving the repository."""

import os
from pathlib import Path

import pytest

from bellpull.errors import Stalled, Waiting
from bellpull.git.mirror import Mirror
from bellpull.git.paths import is_safe
from tests.git.origin import DEPLOYMENT, Origin


def test_a_file_comes_with_its_bytes_and_mode(mirror: Mirror, origin: Origin) -> None:
    (origin.clone / "run.sh").write_bytes(b"\xef\xbb\xbfa\r\n\xff\x00b")
    (origin.clone / "run.sh").chmod(0o755)
    commit = origin.commit({"größe/拡大 ü.yaml": "a: 1"})
    mirror.fetch()
    snapshot = mirror.snapshot(commit, ["run.sh", "größe/拡大 ü.yaml"])
    assert snapshot.commit == commit
    assert snapshot.kinds == {"run.sh": "file", "größe/拡大 ü.yaml": "file"}
    entry = snapshot.entries["run.sh"]
    assert (entry.path, entry.mode, entry.data) == ("run.sh", "100755", b"\xef\xbb\xbfa\r\n\xff\x00b")
    assert entry.oid == origin.git("rev-parse", f"{commit}:run.sh", directory=origin.path)
    assert snapshot.entries["größe/拡大 ü.yaml"].data == b"a: 1"


def test_a_directory_lists_its_files_and_goes_no_deeper(mirror: Mirror, origin: Origin) -> None:
    commit = origin.commit({"apps/cart/deep/er.yaml": "a: b\n", "apps/carts/other.yaml": "a: b\n"})
    mirror.fetch()
    snapshot = mirror.snapshot(commit, ["apps/cart", "apps"])
    assert snapshot.kinds == {"apps/cart": "directory", "apps": "directory"}
    assert set(snapshot.entries) == {DEPLOYMENT, "apps/cart/flags.yaml"}


def test_a_file_can_be_asked_for_together_with_its_directory(mirror: Mirror, origin: Origin) -> None:
    commit = origin.commit({"apps/cart/deep/er.yaml": "a: b\n"})
    mirror.fetch()
    snapshot = mirror.snapshot(commit, ["apps/cart", DEPLOYMENT, "apps/cart/deep", DEPLOYMENT])
    assert snapshot.kinds == {"apps/cart": "directory", DEPLOYMENT: "file", "apps/cart/deep": "directory"}
    assert set(snapshot.entries) == {DEPLOYMENT, "apps/cart/flags.yaml", "apps/cart/deep/er.yaml"}


def test_the_root_is_the_empty_path(mirror: Mirror, origin: Origin) -> None:
    mirror.fetch()
    snapshot = mirror.snapshot(origin.head(), ["", "apps/cart"])
    assert snapshot.kinds == {"": "directory", "apps/cart": "directory"}
    assert set(snapshot.entries) == {"README.md", DEPLOYMENT, "apps/cart/flags.yaml"}


def test_what_is_not_there_is_absent(mirror: Mirror, origin: Origin) -> None:
    mirror.fetch()
    snapshot = mirror.snapshot(origin.head(), ["apps/none", "README.md/x", "apps/cart/deployment.yam"])
    assert (snapshot.kinds, snapshot.entries) == ({}, {})
    assert mirror.snapshot(origin.head(), []).kinds == {}


def test_a_symbolic_link_is_neither_read_nor_followed(mirror: Mirror, origin: Origin) -> None:
    os.symlink("/etc/passwd", origin.clone / "apps/cart/evil.yaml")
    os.symlink("../..", origin.clone / "apps/link")
    commit = origin.commit({"x": "y"})
    mirror.fetch()
    asked = ["apps/cart/evil.yaml", "apps/link", "apps/link/README.md", "apps/cart", "apps"]
    snapshot = mirror.snapshot(commit, asked)
    assert snapshot.kinds == {
        "apps/cart/evil.yaml": "other",
        "apps/link": "other",
        "apps/cart": "directory",
        "apps": "directory",
    }
    assert set(snapshot.entries) == {DEPLOYMENT, "apps/cart/flags.yaml"}


def test_a_submodule_is_other_and_is_not_fetched(mirror: Mirror, origin: Origin) -> None:
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},apps/module")
    origin.git("commit", "--quiet", "--message=Add a submodule")
    origin.git("push", "--quiet", str(origin.path), "HEAD:refs/heads/main")
    mirror.fetch()
    snapshot = mirror.snapshot(origin.head(), ["apps/module", "apps", "apps/module/x"])
    assert snapshot.kinds == {"apps/module": "other", "apps": "directory"}


def test_a_file_over_one_mebibyte_is_other_and_left_out_of_its_directory(mirror: Mirror, origin: Origin) -> None:
    commit = origin.commit({"big/a.yaml": "x" * ((1 << 20) + 1), "big/b.yaml": "x" * (1 << 20)})
    mirror.fetch()
    snapshot = mirror.snapshot(commit, ["big/a.yaml", "big"])
    assert snapshot.kinds == {"big/a.yaml": "other", "big": "directory"}
    assert set(snapshot.entries) == {"big/b.yaml"}


def test_a_snapshot_of_more_than_32_mebibytes_stalls(mirror: Mirror, origin: Origin) -> None:
    commit = origin.commit({f"big/{number}.yaml": f"{number:04}" + "x" * ((1 << 20) - 4) for number in range(33)})
    mirror.fetch()
    with pytest.raises(Stalled) as stalled:
        mirror.snapshot(commit, ["big"])
    assert stalled.value.reason == "TooLarge"


def test_a_commit_the_mirror_does_not_have_is_waited_for(mirror: Mirror, origin: Origin) -> None:
    mirror.fetch()
    commit = origin.commit({"a": "b"})
    with pytest.raises(Waiting) as waiting:
        mirror.snapshot(commit, ["a"])
    assert waiting.value.reason == "RepositoryUnavailable"


@pytest.mark.parametrize("commit", ["main", "HEAD", "--help", "", "a" * 39, "refs/bellpull/base"])
def test_a_snapshot_is_taken_at_a_full_commit_id_only(mirror: Mirror, commit: str) -> None:
    with pytest.raises(ValueError, match="full commit id"):
        mirror.snapshot(commit, [])


HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "apps/../x",
    "./x",
    "apps//x",
    "apps/",
    "a\\b",
    ".git/config",
    "x/.GIT/config",
    "git~1/x",
    ".git./x",
    ".git /x",
    ".git::$INDEX_ALLOCATION/x",
    ".g\u200cit/x",
    ":(top)README.md",
    ":/README.md",
    "a\nb",
    "a\x00b",
    "a\tb",
    "a\u202eb",
    "\udcff",
    "x" * 1025,
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_never_reaches_git_and_is_absent(mirror: Mirror, origin: Origin, path: str) -> None:
    mirror.fetch()
    snapshot = mirror.snapshot(origin.head(), [path, "README.md"])
    assert snapshot.kinds == {"README.md": "file"}
    assert not is_safe(path)


@pytest.mark.parametrize(
    "path",
    ["--output=x", "-x", "a:b", "*", "[a]", "a b", 'a"b', "git", "x.git", ".github/x"],
)
def test_an_odd_but_plain_path_means_only_itself(tmp_path: Path, mirror: Mirror, origin: Origin, path: str) -> None:
    commit = origin.commit({path: "odd\n"})
    mirror.fetch()
    assert is_safe(path)
    assert mirror.snapshot(commit, [path]).entries[path].data == b"odd\n"
    assert mirror.snapshot(f"{origin.git('rev-parse', f'{commit}^', directory=origin.path)}", [path]).kinds == {}
