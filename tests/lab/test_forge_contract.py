"""The Gitea adapter against a real Gitea: what people do there, and how it reads afterwards."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bellpull.errors import Stalled, Waiting
from bellpull.forge.forge import Proposal, Pull
from lab.processes import until
from tests.git.origin import a_commit
from tests.lab.forge_server import Repository, Server, server

__all__ = ["server"]

FILE = "apps/cart.yaml"
BRANCH = "bellpull/a"


@pytest.fixture
def repository(server: Server) -> Repository:
    return server.repository()


def an_open_pull(repository: Repository, branch: str = BRANCH, replicas: int = 10) -> Pull:
    repository.write(FILE, f"replicas: {replicas}\n", new=branch, person="bot")
    return repository.gitea().open(Proposal(branch, "main", "cart: replicas 3 → 10", "Why: *busy*"))


def found(repository: Repository, branch: str = BRANCH, number: int | None = None) -> Sequence[Pull]:
    return repository.gitea().find([branch], {branch: number} if number else {})[branch]


def states(repository: Repository, number: int | None = None) -> list[tuple[int, str]]:
    return [(pull.number, pull.state) for pull in found(repository, number=number)]


def test_an_opened_pull_request_is_told_whole_and_is_found(repository: Repository) -> None:
    pull = an_open_pull(repository)
    assert pull == Pull(
        number=1,
        url=f"{repository.server.url}/{repository.name}/pulls/1",
        branch=BRANCH,
        base="main",
        head_sha=repository.head(BRANCH),
        state="Open",
        ours=True,
        title="cart: replicas 3 → 10",
        body="Why: *busy*",
        updated_at=pull.updated_at,
    )
    for seen in (*found(repository), *repository.gitea().open_pulls()):
        assert (seen.number, seen.branch, seen.head_sha, seen.state, seen.ours) == (
            1,
            BRANCH,
            pull.head_sha,
            "Open",
            True,
        )


def test_nothing_is_found_for_a_branch_without_a_pull_request(repository: Repository) -> None:
    assert repository.gitea().find(["bellpull/none"], {"bellpull/none": 99}) == {"bellpull/none": []}
    assert repository.gitea().open_pulls() == []


def test_a_hint_that_belongs_to_another_branch_is_not_believed(repository: Repository) -> None:
    pull = an_open_pull(repository)
    assert found(repository, "bellpull/other", pull.number) == []
    assert [one.number for one in found(repository, BRANCH, 99)] == [pull.number]


def test_opening_twice_gives_the_same_pull_request(repository: Repository) -> None:
    pull = an_open_pull(repository)
    again = repository.gitea().open(Proposal(BRANCH, "main", "Another title", ""))
    assert (again.number, again.title) == (pull.number, pull.title)


def test_a_branch_the_forge_does_not_see_is_waited_for(repository: Repository) -> None:
    with pytest.raises(Waiting) as waiting:
        repository.gitea().open(Proposal("bellpull/none", "main", "t", ""))
    assert waiting.value.delay == 5


def test_a_pull_request_of_a_person_is_not_ours(repository: Repository) -> None:
    repository.write(FILE, "replicas: 10\n", new=BRANCH)
    body = {"head": BRANCH, "base": "main", "title": "By hand"}
    repository.ask("POST", "/pulls", body, "reviewer")
    assert [(pull.number, pull.ours) for pull in found(repository)] == [(1, False)]


def test_a_branch_of_the_same_name_in_a_fork_is_left_out(repository: Repository) -> None:
    repository.ask("POST", "/forks", {"name": f"fork-of-{repository.name.replace('/', '-')}"}, "reviewer")
    fork = Repository(repository.server, f"bob/fork-of-{repository.name.replace('/', '-')}")
    until(lambda: bool(fork.head("main")), 20, "the fork is there")
    fork.write(FILE, "replicas: 99\n", new=BRANCH)
    foreign = repository.ask("POST", "/pulls", {"head": f"bob:{BRANCH}", "base": "main", "title": "x"}, "reviewer")
    assert repository.gitea().open_pulls() == []
    assert found(repository, number=foreign["number"]) == []


@pytest.mark.parametrize("how", ["squash", "merge", "rebase"])
def test_a_merged_pull_request_names_the_commit_on_the_base_and_who_merged(repository: Repository, how: str) -> None:
    pull = an_open_pull(repository)
    repository.merge(pull.number, how=how)
    merged = found(repository)[0]
    assert (merged.state, merged.merged_by) == ("Merged", "bob")
    assert merged.merge_commit == repository.head("main")
    assert repository.gitea().open_pulls() == []


def test_a_pull_request_closed_by_a_person_stays_closed_and_is_found_after_its_branch_is_gone(
    tmp_path: Path, repository: Repository
) -> None:
    pull = an_open_pull(repository)
    repository.ask("PATCH", f"/pulls/{pull.number}", {"state": "closed"}, "reviewer")
    assert states(repository) == [(1, "Closed")]
    mirror = repository.mirror(tmp_path)
    mirror.fetch()
    assert mirror.delete({BRANCH: pull.head_sha})[BRANCH].refused == ""
    assert states(repository) == [(1, "Closed")]
    assert states(repository, number=1) == [(1, "Closed")]
    assert found(repository)[0].head_sha == pull.head_sha
    assert (found(repository)[0].closed_by, found(repository)[0].closed_by_us) == ("bob", False)


def test_deleting_the_branch_closes_the_pull_request(tmp_path: Path, repository: Repository) -> None:
    pull = an_open_pull(repository)
    mirror = repository.mirror(tmp_path)
    mirror.fetch()
    mirror.delete({BRANCH: pull.head_sha})
    until(lambda: states(repository) == [(1, "Closed")], 10, "the pull request is closed")


def test_a_reopened_pull_request_is_open_again(repository: Repository) -> None:
    pull = an_open_pull(repository)
    for state in ("closed", "open"):
        repository.ask("PATCH", f"/pulls/{pull.number}", {"state": state}, "reviewer")
    assert states(repository) == [(1, "Open")]


def test_all_pull_requests_of_a_branch_are_found_lowest_number_first(repository: Repository) -> None:
    pull = an_open_pull(repository)
    repository.gitea().close(pull, "")
    second = repository.gitea().open(Proposal(BRANCH, "main", "again", ""))
    assert states(repository) == [(1, "Closed"), (second.number, "Open")]


def test_a_retargeted_pull_request_is_found_while_open_and_by_its_number(repository: Repository) -> None:
    repository.write("other", "x", new="release/1.0")
    pull = an_open_pull(repository)
    repository.ask("PATCH", f"/pulls/{pull.number}", {"base": "release/1.0"}, "reviewer")
    assert [(one.number, one.base) for one in found(repository)] == [(1, "release/1.0")]
    repository.ask("PATCH", f"/pulls/{pull.number}", {"state": "closed"}, "reviewer")
    assert [(one.number, one.base, one.state) for one in found(repository, number=1)] == [(1, "release/1.0", "Closed")]


def test_a_base_with_a_slash_is_searched_too(repository: Repository) -> None:
    repository.write("other", "x", new="release/1.0")
    repository.write(FILE, "replicas: 9\n", "release/1.0", new=BRANCH)
    gitea = repository.gitea(base="release/1.0")
    pull = gitea.open(Proposal(BRANCH, "release/1.0", "t", ""))
    gitea.close(pull, "")
    assert [one.number for one in gitea.find([BRANCH], {})[BRANCH]] == [pull.number]


def test_a_push_to_the_branch_moves_the_head(tmp_path: Path, repository: Repository) -> None:
    pull = an_open_pull(repository)
    moved = repository.write(FILE, "replicas: 11\n", BRANCH)
    until(lambda: found(repository)[0].head_sha == moved, 10, "the pull request follows its branch")
    assert found(repository)[0].number == pull.number


# Reviews.


def review(repository: Repository, event: str, person: str = "reviewer") -> int:
    reply = repository.ask("POST", "/pulls/1/reviews", {"event": event, "body": "x"}, person)
    return int(reply["id"])


def verdict(repository: Repository) -> str:
    return repository.gitea().verdict(found(repository)[0]).review


def test_nobody_has_said_anything_yet(repository: Repository) -> None:
    pull = an_open_pull(repository)
    assert repository.gitea().verdict(pull) == repository.gitea().verdict(pull)
    assert (verdict(repository), repository.gitea().verdict(pull).checks) == ("", "")


def test_a_comment_is_no_verdict(repository: Repository) -> None:
    an_open_pull(repository)
    review(repository, "COMMENT")
    assert verdict(repository) == ""


def test_the_latest_review_of_a_person_counts(repository: Repository) -> None:
    an_open_pull(repository)
    review(repository, "REQUEST_CHANGES")
    assert verdict(repository) == "ChangesRequested"
    review(repository, "APPROVED")
    assert verdict(repository) == "Approved"
    review(repository, "COMMENT")
    assert verdict(repository) == "Approved"


def test_changes_asked_for_by_one_outweigh_the_approval_of_another(repository: Repository) -> None:
    an_open_pull(repository)
    review(repository, "REQUEST_CHANGES")
    review(repository, "APPROVED", "admin")
    assert verdict(repository) == "ChangesRequested"


def test_an_approval_is_of_the_content_that_was_seen(repository: Repository) -> None:
    an_open_pull(repository)
    review(repository, "APPROVED")
    repository.write(FILE, "replicas: 11\n", BRANCH, person="bot")
    until(lambda: verdict(repository) == "", 10, "the approval is stale")


def test_asking_for_changes_stands_after_another_push(repository: Repository) -> None:
    an_open_pull(repository)
    review(repository, "REQUEST_CHANGES")
    repository.write(FILE, "replicas: 11\n", BRANCH, person="bot")
    until(lambda: repository.ask("GET", "/pulls/1/reviews")[0]["stale"], 10, "the review is stale")
    assert verdict(repository) == "ChangesRequested"


def test_a_dismissed_review_does_not_count(repository: Repository) -> None:
    an_open_pull(repository)
    number = review(repository, "REQUEST_CHANGES")
    repository.ask("POST", f"/pulls/1/reviews/{number}/dismissals", {"message": "settled"})
    assert verdict(repository) == ""


def test_the_account_cannot_approve_its_own(repository: Repository) -> None:
    an_open_pull(repository)
    body = {"event": "APPROVED", "body": "x"}
    repository.ask("POST", "/pulls/1/reviews", body, "bot", status=422)
    assert verdict(repository) == ""


# Checks.


def test_checks_pass_fail_or_are_pending(repository: Repository) -> None:
    pull = an_open_pull(repository)
    said = []
    for context, state in (("a", "pending"), ("a", "success"), ("b", "pending"), ("b", "failure"), ("b", "success")):
        repository.ask("POST", f"/statuses/{pull.head_sha}", {"context": context, "state": state})
        said.append(repository.gitea().verdict(pull).checks)
    assert said == ["Pending", "Passing", "Pending", "Failing", "Passing"]


def test_a_head_that_is_gone_has_no_checks(repository: Repository) -> None:
    pull = an_open_pull(repository)
    gone = Pull(**{**pull.__dict__, "head_sha": "1" * 40})
    assert repository.gitea().verdict(gone).checks == ""


# Closing.


def test_closing_says_why_and_closes_once(repository: Repository) -> None:
    pull = an_open_pull(repository)
    repository.gitea().close(pull, "Withdrawn by alice.")
    repository.gitea().close(pull, "Withdrawn by alice.")
    assert states(repository) == [(1, "Closed")]
    assert found(repository)[0].closed_by_us
    assert [one["body"] for one in repository.ask("GET", "/issues/1/comments")] == ["Withdrawn by alice."]


def test_a_close_that_was_cut_off_after_its_comment_does_not_comment_again(repository: Repository) -> None:
    pull = an_open_pull(repository)
    repository.ask("POST", "/issues/1/comments", {"body": "Withdrawn."}, "bot")
    repository.gitea().close(pull, "Withdrawn.")
    assert states(repository) == [(1, "Closed")]
    assert len(repository.ask("GET", "/issues/1/comments")) == 1


def test_a_merged_or_unknown_pull_request_is_not_closed(repository: Repository) -> None:
    pull = an_open_pull(repository)
    repository.merge(pull.number)
    repository.gitea().close(pull, "Too late.")
    repository.gitea().close(Pull(**{**pull.__dict__, "number": 99}), "Not there.")
    assert repository.ask("GET", "/issues/1/comments") == []


# Credentials.


def test_good_credentials_pass_the_check(repository: Repository) -> None:
    repository.gitea().check()


def refusal(repository: Repository, token: str = "") -> str:
    with pytest.raises(Stalled) as stalled:
        repository.gitea(token).check()
    return stalled.value.reason


def test_a_wrong_token_is_refused(repository: Repository) -> None:
    assert refusal(repository, "0" * 40) == "CredentialsRefused"


def test_an_account_that_may_only_read_is_refused(repository: Repository) -> None:
    repository.ask("PUT", "/collaborators/bellpull-bot", {"permission": "read"})
    assert refusal(repository) == "CredentialsRefused"


def test_an_account_that_may_not_even_read_sees_no_repository(repository: Repository) -> None:
    repository.ask("DELETE", "/collaborators/bellpull-bot")
    assert refusal(repository) == "RepositoryNotFound"


def test_an_archived_repository_is_refused(repository: Repository) -> None:
    repository.ask("PATCH", "", {"archived": True})
    assert refusal(repository) == "ForgeRefused"


def test_a_repository_without_pull_requests_is_refused(repository: Repository) -> None:
    repository.ask("PATCH", "", {"has_pull_requests": False})
    assert refusal(repository) == "ForgeRefused"


def test_a_renamed_repository_is_not_followed(repository: Repository) -> None:
    repository.ask("PATCH", "", {"name": f"{repository.name.partition('/')[2]}-renamed"})
    assert refusal(repository) == "RepositoryNotFound"


def test_an_archived_repository_opens_no_pull_request(repository: Repository) -> None:
    repository.write(FILE, "replicas: 10\n", new=BRANCH)
    repository.ask("PATCH", "", {"archived": True})
    with pytest.raises(Stalled) as stalled:
        repository.gitea().open(Proposal(BRANCH, "main", "t", ""))
    assert stalled.value.reason == "ForgeRefused"


def test_a_push_and_a_pull_request_make_the_whole_way(tmp_path: Path, repository: Repository) -> None:
    mirror = repository.mirror(tmp_path)
    commit = a_commit(mirror.fetch(), BRANCH, {FILE: ("100644", b"replicas: 10\n")})
    pushed = mirror.push([commit])[BRANCH]
    pull = repository.gitea().open(Proposal(BRANCH, "main", "cart: replicas 3 → 10", ""))
    assert pull.head_sha == pushed.sha
    repository.merge(pull.number)
    base = mirror.fetch()
    assert found(repository)[0].merge_commit == base
    assert mirror.snapshot(base, [FILE]).entries[FILE].data == b"replicas: 10\n"
