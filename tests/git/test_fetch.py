"""Fetching: what is brought, what is said when it cannot be, and how the mirror mends itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bellpull.errors import Stalled, Waiting
from bellpull.git.mirror import Credential, Mirror
from bellpull.git.store import Store
from tests.git.origin import DEPLOYMENT, Origin, a_commit, a_mirror, an_origin


def test_fetch_returns_the_commit_of_the_base_branch(mirror: Mirror, origin: Origin) -> None:
    assert mirror.fetch() == origin.head()
    moved = origin.commit({"README.md": "Hello again\n"})
    assert mirror.fetch() == moved


def test_a_base_that_was_rewritten_is_followed(mirror: Mirror, origin: Origin) -> None:
    mirror.fetch()
    origin.git("commit", "--quiet", "--amend", "--message=Rewritten")
    origin.git("push", "--quiet", "--force", str(origin.path), "HEAD:refs/heads/main")
    assert mirror.fetch() == origin.head()


def test_branches_under_the_prefix_are_told_with_their_last_commit(mirror: Mirror, origin: Origin) -> None:
    parent = origin.head()
    head = origin.commit({DEPLOYMENT: "replicas: 9\n"}, "bellpull/a/b", message="By hand\n\nBecause.")
    mirror.fetch()
    found = mirror.branches(["bellpull/a/b", "bellpull/none", "bellpull/a"])
    assert list(found) == ["bellpull/a/b"]
    branch = found["bellpull/a/b"]
    assert (branch.name, branch.head, branch.parents) == ("bellpull/a/b", head, (parent,))
    assert (branch.committer, branch.message) == ("ann@acme.example", "By hand\n\nBecause.\n")


def test_a_branch_that_is_gone_is_forgotten_at_the_next_fetch(mirror: Mirror, origin: Origin) -> None:
    origin.commit({DEPLOYMENT: "replicas: 9\n"}, "bellpull/a")
    mirror.fetch()
    origin.git("update-ref", "-d", "refs/heads/bellpull/a", directory=origin.path)
    mirror.fetch()
    assert mirror.branches(["bellpull/a"]) == {}


def test_no_branches_are_asked_for_without_a_question(mirror: Mirror) -> None:
    mirror.fetch()
    assert mirror.branches([]) == {}


def test_other_branches_and_tags_are_not_fetched(tmp_path: Path, mirror: Mirror, origin: Origin) -> None:
    origin.commit({"secret.yaml": "a: b\n"}, "somebody/else")
    origin.git("tag", "v1", directory=origin.path)
    mirror.fetch()
    refs = origin.git("for-each-ref", "--format=%(refname)", directory=tmp_path / "mirror")
    assert refs == "refs/bellpull/base"


@pytest.mark.parametrize(
    "name", ["main", "bellpull/", "other/a", "bellpull/a..b", "bellpull/-x", "bellpull/a.lock", "bellpull/a\nb"]
)
def test_a_name_that_is_not_a_branch_of_ours_is_a_bug(mirror: Mirror, name: str) -> None:
    with pytest.raises(ValueError, match="not a branch under"):
        mirror.branches([name])


@pytest.mark.parametrize(
    "url",
    [
        "https://user:token@host/x.git",
        "https://user@host/x.git",
        "https://host\\@evil/x.git",
        "https://host/x\n.git",
        "git://host/x",
        "ssh://host/x",
        "ext::sh -c id",
        "--upload-pack=id",
        "fd::17",
        "/tmp/x",
    ],
)
def test_a_url_with_a_user_or_another_transport_is_refused_before_git_sees_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        Mirror(tmp_path, url, "main", "bellpull/")


@pytest.mark.parametrize(
    ("branch", "prefix"), [("--upload-pack=id", "bellpull/"), ("main", "-x/"), ("a b", "x/"), ("", "x/")]
)
def test_a_base_or_prefix_that_could_be_an_option_is_refused(tmp_path: Path, branch: str, prefix: str) -> None:
    with pytest.raises(ValueError, match="plain branch names"):
        Mirror(tmp_path, "https://host/x.git", branch, prefix)


def test_a_prefix_without_a_slash_works_too(tmp_path: Path, origin: Origin) -> None:
    mirror = a_mirror(tmp_path, origin, prefix="bot-")
    pushed = mirror.push([a_commit(mirror.fetch(), "bot-cart")])
    assert origin.head("bot-cart") == pushed["bot-cart"].sha
    assert mirror.branches(["bot-cart"])["bot-cart"].head == pushed["bot-cart"].sha


def test_a_missing_base_branch_stalls(tmp_path: Path, origin: Origin) -> None:
    with pytest.raises(Stalled) as stalled:
        a_mirror(tmp_path, origin, branch="production").fetch()
    assert stalled.value.reason == "BranchMissing"
    assert "production" in stalled.value.message


def test_a_base_branch_that_appears_later_is_found(tmp_path: Path, origin: Origin) -> None:
    mirror = a_mirror(tmp_path, origin, branch="production")
    with pytest.raises(Stalled):
        mirror.fetch()
    head = origin.commit({"x": "y"}, "production")
    assert mirror.fetch() == head


def test_an_empty_repository_has_no_base_branch(tmp_path: Path, origin: Origin) -> None:
    origin.git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    with pytest.raises(Stalled) as stalled:
        Mirror(tmp_path / "mirror", f"file://{tmp_path}/empty.git", "main", "bellpull/").fetch()
    assert stalled.value.reason == "BranchMissing"


def test_a_repository_that_is_not_there_stalls(tmp_path: Path) -> None:
    with pytest.raises(Stalled) as stalled:
        Mirror(tmp_path / "mirror", f"file://{tmp_path}/nothing.git", "main", "bellpull/").fetch()
    assert stalled.value.reason == "RepositoryNotFound"


def test_a_server_that_does_not_listen_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(Waiting) as waiting:
        Mirror(tmp_path / "mirror", "http://127.0.0.1:9/x.git", "main", "bellpull/", Credential("u", "s3cret")).fetch()
    assert waiting.value.reason == "RepositoryUnavailable"
    assert "s3cret" not in str(waiting.value)


def test_a_credential_does_not_show_its_token() -> None:
    assert "s3cret" not in repr(Credential("bot", "s3cret"))


# The mirror is a cache: whatever happens to it, it is made again.


def broken_by_an_empty_object(mirror: Path) -> None:
    for file in (mirror / "objects").glob("??/*"):
        file.chmod(0o644)
        file.write_bytes(b"")


def broken_by_missing_objects(mirror: Path) -> None:
    shutil.rmtree(mirror / "objects")
    (mirror / "objects").mkdir()


def broken_by_missing_pack(mirror: Path) -> None:
    for file in (mirror / "objects").glob("??/*"):
        file.unlink()


def broken_by_a_stale_lock(mirror: Path) -> None:
    for name in ("base.lock", "heads/a.lock"):
        (mirror / "refs/bellpull" / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / "refs/bellpull" / name).touch()


def broken_by_a_garbage_ref(mirror: Path) -> None:
    (mirror / "refs/bellpull/base").write_text("garbage\n")


def broken_by_a_garbage_config(mirror: Path) -> None:
    (mirror / "config").write_text("[core\n")


def broken_by_being_no_repository(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def broken_by_being_gone(mirror: Path) -> None:
    shutil.rmtree(mirror)


BREAKAGES = [value for name, value in sorted(globals().items()) if name.startswith("broken_by")]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_mirror_is_made_again_by_a_fetch(
    tmp_path: Path, mirror: Mirror, origin: Origin, breakage: Callable[[Path], None]
) -> None:
    mirror.fetch()
    breakage(tmp_path / "mirror")
    moved = origin.commit({"README.md": "moved\n"})
    assert mirror.fetch() == moved
    assert mirror.snapshot(moved, ["README.md"]).entries["README.md"].data == b"moved\n"


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_mirror_that_breaks_after_the_fetch_is_made_again(
    tmp_path: Path, mirror: Mirror, origin: Origin, breakage: Callable[[Path], None]
) -> None:
    origin.commit({"a": "b"}, "bellpull/a")
    base = mirror.fetch()
    breakage(tmp_path / "mirror")
    snapshot = mirror.snapshot(base, [DEPLOYMENT])
    assert snapshot.entries[DEPLOYMENT].data == b"replicas: 3\n"
    breakage(tmp_path / "mirror")
    pushed = mirror.push([a_commit(base)])
    assert origin.head("bellpull/cart-1") == pushed["bellpull/cart-1"].sha
    breakage(tmp_path / "mirror")
    assert set(mirror.branches(["bellpull/a", "bellpull/cart-1"])) == {"bellpull/a", "bellpull/cart-1"}


def test_a_mirror_of_another_url_is_not_reused(tmp_path: Path, mirror: Mirror) -> None:
    mirror.fetch()
    (tmp_path / "second").mkdir()
    other = an_origin(tmp_path / "second")
    other.commit({"README.md": "another\n"})
    replaced = Mirror(tmp_path / "mirror", other.url, "main", "bellpull/")
    assert replaced.fetch() == other.head()
    refs = other.git("for-each-ref", "--format=%(objectname)", directory=tmp_path / "mirror")
    assert refs == other.head()


def test_a_mirror_that_cannot_be_mended_is_waited_for(tmp_path: Path, origin: Origin) -> None:
    """A remote whose own objects are missing cannot be told from a broken mirror: one new clone, then wait."""
    mirror = a_mirror(tmp_path, origin)
    broken_by_missing_pack(origin.path)
    with pytest.raises(Waiting) as waiting:
        mirror.fetch()
    assert waiting.value.reason == "RepositoryUnavailable"


def test_nothing_that_git_was_told_through_the_environment_stands_in_the_mirror(tmp_path: Path, origin: Origin) -> None:
    mirror = Mirror(tmp_path / "mirror", origin.url, "main", "bellpull/", Credential("bot", "s3cret"))
    mirror.push([a_commit(mirror.fetch())])
    for file in (tmp_path / "mirror").rglob("*"):
        if file.is_file():
            assert b"s3cret" not in file.read_bytes(), file
    assert "origin" not in (tmp_path / "mirror/config").read_text()


def test_a_directory_that_cannot_be_written_is_waited_for(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Waiting) as waiting:
        Mirror(tmp_path / "file/mirror", origin.url, "main", "bellpull/").fetch()
    assert waiting.value.reason == "RepositoryUnavailable"


def test_a_fetch_that_leaves_no_trace_of_the_base_makes_the_mirror_again(
    tmp_path: Path, mirror: Mirror, origin: Origin
) -> None:
    mirror.fetch()
    (tmp_path / "mirror/FETCH_HEAD").unlink()
    (tmp_path / "mirror/FETCH_HEAD").symlink_to("/dev/null")
    assert mirror.fetch() == origin.head()
    assert (tmp_path / "mirror/FETCH_HEAD").is_file()


def test_what_a_killed_git_left_behind_is_swept_away(tmp_path: Path, mirror: Mirror) -> None:
    mirror.fetch()
    leftovers = [tmp_path / "mirror" / name for name in ("objects/pack/tmp_pack_x", "refs/bellpull/base.lock")]
    for file in leftovers:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    Store(tmp_path / "mirror").sweep()
    assert not any(file.exists() for file in leftovers)


def test_many_loose_objects_are_packed_and_nothing_needed_is_lost(
    tmp_path: Path, mirror: Mirror, origin: Origin
) -> None:
    head = origin.commit({"a": "b"})
    mirror.fetch()
    for number in range(3000):
        (tmp_path / f"loose{number}").write_text(f"loose {number}")
    paths = "".join(f"{tmp_path}/loose{number}\n" for number in range(3000))
    origin.git("hash-object", "-w", "--stdin-paths", directory=tmp_path / "mirror", stdin=paths)
    Store(tmp_path / "mirror").tidy(loose=1)
    assert list((tmp_path / "mirror/objects").glob("[0-9a-f][0-9a-f]/*")) == []
    assert len(list((tmp_path / "mirror/objects/pack").glob("*.pack"))) == 1
    assert mirror.fetch() == head
    assert mirror.snapshot(head, ["a"]).entries["a"].data == b"b"


def test_a_mirror_is_tidied_now_and_then(mirror: Mirror, origin: Origin) -> None:
    for _ in range(100):
        assert mirror.fetch() == origin.head()
