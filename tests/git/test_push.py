"""Pushing: exactly the asked commits, under the prefix, never over anybody's work; and every answer told truly."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bellpull.errors import Stalled, Waiting
from bellpull.git.mirror import Credential, Mirror
from tests.git.origin import DEPLOYMENT, Origin, a_commit

BRANCH = "bellpull/cart-1"


def test_a_commit_is_pushed_to_a_new_branch(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    pushed = mirror.push([a_commit(base)])[BRANCH]
    assert (pushed.branch, pushed.refused, pushed.stale) == (BRANCH, "", False)
    assert origin.head(BRANCH) == pushed.sha
    assert origin.show(f"{pushed.sha}:{DEPLOYMENT}") == "replicas: 10"
    assert origin.git("rev-parse", f"{pushed.sha}^", directory=origin.path) == base
    assert origin.git("log", "-1", "--format=%an <%ae> %cn <%ce> %at %ct%n%B", pushed.sha, directory=origin.path) == (
        "Bellpull <bellpull@acme.example> Bellpull <bellpull@acme.example> 1767323045 1767323045\ncart: replicas 3 → 10"
    )
    assert origin.head() == base


def test_the_mirror_knows_the_pushed_branch_without_another_fetch(mirror: Mirror) -> None:
    pushed = mirror.push([a_commit(mirror.fetch(), message="one\n\nBellpull-Resolved: x\n")])[BRANCH]
    branch = mirror.branches([BRANCH])[BRANCH]
    assert (branch.head, branch.message) == (pushed.sha, "one\n\nBellpull-Resolved: x\n")
    assert branch.committer == "bellpull@acme.example"


def test_the_same_commit_has_the_same_id_and_is_there_already(tmp_path: Path, mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    first = mirror.push([a_commit(base)])
    assert mirror.push([a_commit(base)]) == first
    another = Mirror(tmp_path / "another", origin.url, "main", "bellpull/")
    another.fetch()
    assert another.push([a_commit(base)]) == first


def test_the_zone_of_the_date_does_not_change_the_commit(mirror: Mirror) -> None:
    base = mirror.fetch()
    first = mirror.push([a_commit(base)])
    local = datetime.fromisoformat("2026-01-02T05:04:05+02:00")
    assert local == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert mirror.push([replace(a_commit(base), date=local)]) == first


def test_a_branch_of_ours_moves_from_where_it_was_expected(mirror: Mirror, origin: Origin) -> None:
    first = mirror.push([a_commit(mirror.fetch())])[BRANCH].sha
    moved = origin.commit({"README.md": "moved\n"})
    assert mirror.fetch() == moved
    second = mirror.push([a_commit(moved, expected=first)])[BRANCH]
    assert (second.refused, origin.head(BRANCH)) == ("", second.sha)


def test_the_lease_protects_a_persons_commit_on_our_branch(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    first = mirror.push([a_commit(base)])[BRANCH].sha
    theirs = origin.commit({DEPLOYMENT: "replicas: 7\n"}, BRANCH)
    refused = mirror.push([a_commit(base, message="again", expected=first)])[BRANCH]
    assert refused.stale
    assert "look again" in refused.refused
    assert origin.head(BRANCH) == theirs


def test_a_branch_that_should_not_exist_is_not_overwritten(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    theirs = origin.commit({DEPLOYMENT: "replicas: 7\n"}, BRANCH)
    assert mirror.push([a_commit(base)])[BRANCH].stale
    assert origin.head(BRANCH) == theirs


def test_a_branch_that_is_gone_is_not_made_again(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    first = mirror.push([a_commit(base)])[BRANCH].sha
    origin.git("update-ref", "-d", f"refs/heads/{BRANCH}", directory=origin.path)
    assert mirror.push([a_commit(base, message="again", expected=first)])[BRANCH].stale
    assert origin.head(BRANCH) == ""


def test_fifty_commits_go_in_one_push(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.hook("pre-receive", f"cat > /dev/null; echo x >> {origin.path}/pushes")
    commits = [
        a_commit(base, f"bellpull/cart-{n}", {DEPLOYMENT: ("100644", b"replicas: %d\n" % (n + 10))}) for n in range(50)
    ]
    pushed = mirror.push(commits)
    assert [pushed[commit.branch].refused for commit in commits] == [""] * 50
    assert len({one.sha for one in pushed.values()}) == 50
    assert (origin.path / "pushes").read_text() == "x\n"


def test_nothing_to_push_asks_nobody(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror", "http://127.0.0.1:9/x.git", "main", "bellpull/")
    assert mirror.push([]) == {}
    assert mirror.delete({}) == {}


def test_one_stale_branch_does_not_take_the_others_with_it(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    theirs = origin.commit({DEPLOYMENT: "replicas: 7\n"}, "bellpull/taken")
    pushed = mirror.push([a_commit(base, "bellpull/taken"), a_commit(base, "bellpull/free")])
    assert pushed["bellpull/taken"].stale
    assert pushed["bellpull/free"].refused == ""
    assert origin.head("bellpull/taken") == theirs
    assert origin.head("bellpull/free") == pushed["bellpull/free"].sha


def test_a_hook_that_declines_one_branch_does_not_take_the_others_with_it(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.hook("pre-receive", "! grep -q bellpull/forbidden")
    names = ["bellpull/a", "bellpull/forbidden", "bellpull/b"]
    pushed = mirror.push([a_commit(base, name) for name in names])
    assert [bool(pushed[name].refused) for name in names] == [False, True, False]
    assert not pushed["bellpull/forbidden"].stale
    assert "bellpull/forbidden" in pushed["bellpull/forbidden"].refused
    assert [bool(origin.head(name)) for name in names] == [True, False, True]


def test_an_update_hook_declines_only_its_branch(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.hook("update", 'echo "token=s3cret" >&2; [ "$1" != refs/heads/bellpull/b ]')
    pushed = mirror.push([a_commit(base, "bellpull/a"), a_commit(base, "bellpull/b")])
    assert pushed["bellpull/a"].refused == ""
    assert "declined" in pushed["bellpull/b"].refused
    assert "s3cret" not in pushed["bellpull/b"].refused


def test_a_branch_locked_by_another_push_is_looked_at_again(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    (origin.path / "refs/heads/bellpull").mkdir()
    (origin.path / f"refs/heads/{BRANCH}.lock").touch()
    assert mirror.push([a_commit(base)])[BRANCH].stale


@pytest.mark.parametrize(
    "branch", ["main", "other/x", "bellpull", "refs/heads/main", "bellpull/../main", "bellpull/x:main", "+bellpull/x"]
)
def test_a_branch_that_is_not_ours_is_never_written(mirror: Mirror, origin: Origin, branch: str) -> None:
    base = mirror.fetch()
    with pytest.raises(ValueError, match="not a branch under"):
        mirror.push([a_commit(base, branch)])
    with pytest.raises(ValueError, match="not a branch under"):
        mirror.delete({branch: base})
    assert origin.git("for-each-ref", "--format=%(refname)", directory=origin.path) == "refs/heads/main"


def test_the_base_is_never_written_even_if_it_is_under_the_prefix(tmp_path: Path, origin: Origin) -> None:
    head = origin.commit({"a": "b"}, "bellpull/main")
    mirror = Mirror(tmp_path / "mirror", origin.url, "bellpull/main", "bellpull/")
    assert mirror.fetch() == head
    with pytest.raises(ValueError, match="not a branch under"):
        mirror.push([a_commit(head, "bellpull/main", expected=head)])


def test_two_commits_for_one_branch_are_a_bug(mirror: Mirror) -> None:
    base = mirror.fetch()
    with pytest.raises(ValueError, match="one commit a branch"):
        mirror.push([a_commit(base), a_commit(base, message="other")])


@pytest.mark.parametrize("path", ["../evil", ".git/config", "a/./b", "/etc/x", "a\nM 100644 inline b", "", "git~1/x"])
def test_a_hostile_path_is_refused_and_does_not_stop_the_others(mirror: Mirror, origin: Origin, path: str) -> None:
    base = mirror.fetch()
    evil = a_commit(base, "bellpull/evil", {path: ("100644", b"x")})
    pushed = mirror.push([evil, a_commit(base)])
    assert pushed["bellpull/evil"].refused
    assert pushed[BRANCH].refused == ""
    assert origin.head("bellpull/evil") == ""


def test_a_mode_that_is_no_regular_file_is_refused(mirror: Mirror) -> None:
    base = mirror.fetch()
    for mode in ("120000", "160000", "040000", "100600"):
        assert "regular file" in mirror.push([a_commit(base, files={"x": (mode, b"y")})])[BRANCH].refused


def test_a_commit_without_files_is_refused(mirror: Mirror) -> None:
    assert mirror.push([a_commit(mirror.fetch(), files={})])[BRANCH].refused


def test_a_parent_that_is_no_commit_id_is_refused(mirror: Mirror) -> None:
    mirror.fetch()
    assert mirror.push([a_commit("main")])[BRANCH].refused


def test_a_parent_that_is_gone_is_looked_at_again_and_does_not_stop_the_others(
    tmp_path: Path, mirror: Mirror, origin: Origin
) -> None:
    base = mirror.fetch()
    pushed = mirror.push([a_commit("1" * 40, "bellpull/orphan"), a_commit(base)])
    assert pushed["bellpull/orphan"].stale
    assert "look again" in pushed["bellpull/orphan"].refused
    assert origin.head(BRANCH) == pushed[BRANCH].sha
    assert list((tmp_path / "mirror").glob("fast_import_crash_*")) == []


def test_a_commit_that_changes_something_else_than_asked_is_not_pushed(mirror: Mirror, origin: Origin) -> None:
    os.symlink("..", origin.clone / "apps/link")
    base = origin.commit({"x": "y"})
    mirror.fetch()
    for files in (
        {"apps/link/x.yaml": ("100644", b"x")},  # would replace the link by a directory
        {"apps/link": ("100644", b"x")},  # would replace the link
        {DEPLOYMENT: ("100755", b"replicas: 10\n")},  # would make it executable
        {DEPLOYMENT: ("100644", b"replicas: 3\n")},  # would change nothing
        {"apps/cart": ("100644", b"x")},  # would replace the directory
        {f"{DEPLOYMENT}/x": ("100644", b"x")},  # would replace the file by a directory
    ):
        pushed = mirror.push([a_commit(base, "bellpull/odd", files), a_commit(base, "bellpull/fine")])
        assert "nothing was pushed" in pushed["bellpull/odd"].refused
        assert not pushed["bellpull/odd"].stale
        assert pushed["bellpull/fine"].refused == ""
        assert origin.head("bellpull/odd") == ""


def test_new_files_and_odd_names_and_any_bytes_are_committed_as_they_are(mirror: Mirror, origin: Origin) -> None:
    content = b"\xef\xbb\xbfa\r\nb\x00\xff no newline"
    files = {
        'new "quoted" ü 拡.yaml': ("100644", content),
        "bin/run": ("100755", b""),
        "-x": ("100644", b"data 3\nabc"),
    }
    base = mirror.fetch()
    pushed = mirror.push([a_commit(base, files=files)])[BRANCH]
    assert pushed.refused == ""
    snapshot = mirror.snapshot(pushed.sha, files)
    assert {path: (entry.mode, entry.data) for path, entry in snapshot.entries.items()} == files


@pytest.mark.parametrize("name", ["x> <y@z", "a\nauthor b <c@d> 1 +0000", "a\x00b", "<>", "", "ü 拡"])
def test_a_hostile_name_cannot_add_a_header(mirror: Mirror, origin: Origin, name: str) -> None:
    pushed = mirror.push([a_commit(mirror.fetch(), name=name, email=name, message="m\x00\n\nx")])[BRANCH]
    raw = origin.git("cat-file", "commit", pushed.sha, directory=origin.path)
    header = raw.partition("\n\n")[0].split("\n")
    assert [line.split(" ")[0] for line in header] == ["tree", "parent", "author", "committer"]
    assert all(line.count("<") == line.count(">") == 1 for line in header[2:])


def test_hooks_planted_in_the_mirror_do_not_run(tmp_path: Path, mirror: Mirror) -> None:
    base = mirror.fetch()
    hooks = tmp_path / "mirror/hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-update", "update", "pre-receive", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
        (hooks / name).chmod(0o755)
    assert mirror.push([a_commit(base)])[BRANCH].refused == ""
    mirror.fetch()
    assert not (tmp_path / "canary").exists()


def test_attributes_in_the_repository_filter_nothing(tmp_path: Path, mirror: Mirror, origin: Origin) -> None:
    commit = origin.commit({".gitattributes": "* text eol=crlf filter=evil\n"})
    mirror.fetch()
    assert mirror.snapshot(commit, [DEPLOYMENT]).entries[DEPLOYMENT].data == b"replicas: 3\n"
    pushed = mirror.push([a_commit(commit)])[BRANCH]
    assert mirror.snapshot(pushed.sha, [DEPLOYMENT]).entries[DEPLOYMENT].data == b"replicas: 10\n"


# What was not answered is looked up.


def test_a_push_whose_answer_is_lost_is_found_done(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.hook("post-receive", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID")
    pushed = mirror.push([a_commit(base)])[BRANCH]
    assert pushed.refused == ""
    assert origin.head(BRANCH) == pushed.sha
    assert mirror.branches([BRANCH])[BRANCH].head == pushed.sha


def test_a_push_that_did_not_arrive_is_waited_for(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.hook("pre-receive", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID")
    with pytest.raises(Waiting) as waiting:
        mirror.push([a_commit(base)])
    assert waiting.value.reason == "RepositoryUnavailable"
    assert origin.head(BRANCH) == ""


def test_a_push_to_a_repository_that_is_gone_stalls(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    origin.path.rename(origin.path.with_name("moved.git"))
    with pytest.raises(Stalled) as stalled:
        mirror.push([a_commit(base)])
    assert stalled.value.reason == "RepositoryNotFound"


# Deleting.


def test_a_branch_is_deleted_at_the_expected_head(mirror: Mirror, origin: Origin) -> None:
    sha = mirror.push([a_commit(mirror.fetch())])[BRANCH].sha
    assert mirror.delete({BRANCH: sha})[BRANCH].refused == ""
    assert origin.head(BRANCH) == ""
    assert mirror.branches([BRANCH]) == {}


def test_a_branch_that_is_gone_already_counts_as_deleted(mirror: Mirror, origin: Origin) -> None:
    first = mirror.push([a_commit(mirror.fetch())])[BRANCH].sha
    origin.git("update-ref", "-d", f"refs/heads/{BRANCH}", directory=origin.path)
    deleted = mirror.delete({BRANCH: first})[BRANCH]
    assert (deleted.refused, deleted.stale) == ("", False)


def test_a_branch_with_a_persons_commit_is_not_deleted(mirror: Mirror, origin: Origin) -> None:
    base = mirror.fetch()
    first = mirror.push([a_commit(base), a_commit(base, "bellpull/b")])
    theirs = origin.commit({DEPLOYMENT: "replicas: 7\n"}, BRANCH)
    deleted = mirror.delete({branch: one.sha for branch, one in first.items()})
    assert deleted[BRANCH].stale
    assert deleted["bellpull/b"].refused == ""
    assert (origin.head(BRANCH), origin.head("bellpull/b")) == (theirs, "")


def test_a_deletion_whose_answer_is_lost_is_found_done(mirror: Mirror, origin: Origin) -> None:
    sha = mirror.push([a_commit(mirror.fetch())])[BRANCH].sha
    origin.hook("post-receive", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID")
    assert mirror.delete({BRANCH: sha})[BRANCH].refused == ""


def test_a_deletion_needs_a_full_commit_id(mirror: Mirror) -> None:
    with pytest.raises(ValueError, match="full commit id"):
        mirror.delete({BRANCH: ""})


def test_the_token_is_in_no_command_line_while_pushing(tmp_path: Path, origin: Origin) -> None:
    """Looked at from the remote's own hook, while the push and all its helpers are alive."""
    mirror = Mirror(tmp_path / "mirror", origin.url, "main", "bellpull/", Credential("bot", "s3cret"))
    base = mirror.fetch()
    header = Credential("bot", "s3cret").header.rpartition(" ")[2]
    origin.hook("pre-receive", f"cat /proc/[0-9]*/cmdline | tr '\\0' ' ' > {tmp_path}/seen")
    assert mirror.push([a_commit(base)])[BRANCH].refused == ""
    seen = (tmp_path / "seen").read_text(errors="replace")
    assert "push --porcelain" in seen
    assert "s3cret" not in seen
    assert header not in seen
