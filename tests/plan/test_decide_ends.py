"""The decision table where a pull request is merged, withdrawn or only previewed, or a target is suspended."""

import pytest

from bellpull.api.changerequest import ChangeRequestStatus
from bellpull.errors import Stalled, Waiting
from bellpull.plan.decide import decide
from tests.builders import (
    DEPLOYMENT,
    FILE,
    HEAD,
    MERGE,
    a_branch,
    a_persons_branch,
    a_pull,
    a_pull_status,
    a_repository,
    a_request,
    a_snapshot,
    a_target,
    deleting,
    in_review,
    seen,
    what,
)

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")
HOLDS = a_snapshot({FILE: TEN})
KNOWN = ChangeRequestStatus(pull_request=a_pull_status(head_sha=HEAD))


# Our merged pull request.


def merged(**more):
    return in_review(**{"pulls": (a_pull(state="Merged", merged_by="bob"),), "merged": HOLDS, "base": HOLDS, **more})


def test_merged_means_that_the_asked_values_stand_at_the_merge_commit() -> None:
    decision = decide(merged())
    assert what(decision) == ("tidy", "Merged")
    assert (decision.expected, decision.merged_modified) == (HEAD, False)
    assert decision.message == f"pull request 7 was merged by bob as {MERGE[:12]}"


def test_a_merge_is_told_without_a_name_where_the_forge_knows_none() -> None:
    decision = decide(merged(pulls=(a_pull(state="Merged"),), branch=None))
    assert what(decision) == ("report", "Merged")
    assert " by " not in decision.message


def test_a_merge_without_the_asked_values_is_a_rejection() -> None:
    decision = decide(merged(merged=a_snapshot(), branch=None))
    assert what(decision) == ("report", "Rejected")
    assert "without the asked values" in decision.message


def test_a_merge_into_another_branch_is_a_rejection() -> None:
    decision = decide(merged(pulls=(a_pull(state="Merged", base="staging"),)))
    assert what(decision) == ("tidy", "Rejected")
    assert "was merged into staging, not into main" in decision.message


def test_a_merge_that_removed_the_workload_is_a_rejection() -> None:
    assert what(decide(merged(merged=a_snapshot({"apps/cart/x.yaml": "a: b\n"})))) == ("tidy", "Rejected")


def test_a_later_move_of_the_base_does_not_unmerge() -> None:
    assert what(decide(merged(base=a_snapshot()))) == ("tidy", "Merged")


def test_a_merge_commit_that_git_does_not_have_yet_is_waited_for() -> None:
    with pytest.raises(Waiting, match=f"merge commit {MERGE[:12]} is not in Git yet") as waiting:
        decide(merged(merged=None))
    assert waiting.value.delay is None


def test_a_merge_whose_target_is_gone_cannot_be_judged() -> None:
    with pytest.raises(Stalled, match="bring the target back") as stalled:
        decide(merged(target=None))
    assert stalled.value.reason == "TargetNotFound"


@pytest.mark.parametrize("spec", [{"cancelled": True}, {"preview": True}], ids=str)
def test_what_is_merged_stays_merged_whatever_is_asked_later(spec) -> None:
    assert decide(merged(request=a_request(**spec))).state == "Merged"


def test_a_merge_of_a_person_s_commit_says_so_and_keeps_their_branch() -> None:
    decision = decide(merged(branch=a_persons_branch()))
    assert what(decision) == ("report", "Merged")
    assert decision.merged_modified


@pytest.mark.parametrize(
    ("status", "modified"),
    [
        (ChangeRequestStatus(), False),
        (KNOWN, False),
        (ChangeRequestStatus(state="Modified", pull_request=a_pull_status(head_sha=HEAD)), True),
        (ChangeRequestStatus(pull_request=a_pull_status(head_sha="d" * 40)), True),
    ],
)
def test_whose_head_was_merged_is_known_from_the_status_when_the_branch_is_gone(status, modified: bool) -> None:
    assert decide(merged(request=a_request(status=status), branch=None)).merged_modified is modified


def test_a_branch_that_moved_on_after_the_merge_does_not_say_what_was_merged() -> None:
    decision = decide(merged(branch=a_branch(head="e" * 40, committer="bob@acme.example")))
    assert not decision.merged_modified


# Withdrawing.


@pytest.mark.parametrize(
    ("request_", "word"),
    [(a_request(cancelled=True), "was cancelled"), (a_request(meta=deleting()), "was deleted")],
    ids=["cancelled", "deleted"],
)
def test_a_withdrawn_request_closes_its_pull_request_and_deletes_its_branch(request_, word: str) -> None:
    decision = decide(in_review(request_, target=None, base=None))
    assert what(decision) == ("withdraw", "Withdrawn")
    assert decision.expected == HEAD
    assert decision.pull is not None
    assert word in decision.message
    assert word in decision.comment


def test_a_withdrawn_request_keeps_a_person_s_commit() -> None:
    decision = decide(in_review(a_request(cancelled=True), branch=a_persons_branch()))
    assert decision.expected is None
    assert "is kept for the commit that a person made" in decision.message


def test_a_withdrawn_request_that_was_never_proposed_has_nothing_to_clean_up() -> None:
    decision = decide(seen(a_request(cancelled=True), target=None))
    assert what(decision) == ("withdraw", "Withdrawn")
    assert (decision.expected, decision.pull) == (None, None)


def test_deleting_a_merged_request_only_deletes_the_branch() -> None:
    decision = decide(merged(request=a_request(meta=deleting())))
    assert what(decision) == ("withdraw", "Withdrawn")
    assert decision.expected == HEAD


# Previews.


def test_a_preview_shows_the_diff_and_touches_nothing() -> None:
    decision = decide(seen(a_request(preview=True)))
    assert what(decision) == ("report", "Previewed")
    assert decision.rendered is not None
    assert "+  replicas: 10" in decision.rendered.diff


def test_a_preview_of_nothing_says_so() -> None:
    assert what(decide(seen(a_request(preview=True), base=HOLDS))) == ("report", "NoChange")


# Suspended.


@pytest.mark.parametrize("branch", [None, a_branch()])
@pytest.mark.parametrize(
    ("facts", "who"),
    [
        ({"repository": a_repository(suspend=True)}, "ChangeRepository gitops"),
        ({"target": a_target(suspend=True)}, "target cart"),
    ],
)
def test_where_it_is_suspended_nothing_new_is_proposed(branch, facts, who: str) -> None:
    with pytest.raises(Stalled, match=f"{who} is suspended") as stalled:
        decide(seen(branch=branch, **facts))
    assert stalled.value.reason == "Suspended"
    with pytest.raises(Stalled, match=f"{who} is suspended"):
        decide(in_review(fork=None, **facts))


@pytest.mark.parametrize("facts", [{"repository": a_repository(suspend=True)}, {"target": a_target(suspend=True)}])
def test_where_it_is_suspended_open_pull_requests_are_still_followed(facts) -> None:
    assert what(decide(in_review(**facts))) == ("report", "InReview")
    assert decide(in_review(a_request(cancelled=True), **facts)).step == "withdraw"
    assert decide(seen(a_request(preview=True), **facts)).state == "Previewed"
    assert decide(seen(base=HOLDS, **facts)).state == "NoChange"


def test_other_requests_for_the_same_value_are_named() -> None:
    decision = decide(in_review(rivals=("shop/other (#8)",)))
    assert decision.message.endswith("waits for a reviewer; also open for the same value: shop/other (#8)")
