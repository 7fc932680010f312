"""The decision table row by row: pull request × branch × base."""

import pytest

from bellpull.api.changerequest import ChangeRequestStatus
from bellpull.errors import Refused, Waiting
from bellpull.plan import wording
from bellpull.plan.decide import QUIET, decide
from bellpull.plan.facts import Branch, Verdict
from bellpull.plan.ownership import ours
from tests.builders import (
    DEPLOYMENT,
    EMAIL,
    FILE,
    FLAGS,
    HEAD,
    a_branch,
    a_persons_branch,
    a_pull,
    a_pull_status,
    a_request,
    a_snapshot,
    deleting,
    in_review,
    rendered,
    seen,
    what,
)

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")
HOLDS = a_snapshot({FILE: TEN})
KNOWN = ChangeRequestStatus(pull_request=a_pull_status(head_sha=HEAD))


# No pull request.


def test_without_pull_request_and_branch_the_change_is_proposed_on_a_new_branch() -> None:
    decision = decide(seen())
    assert what(decision) == ("propose", "InReview")
    assert (decision.expected, decision.pull) == (None, None)
    assert decision.rendered is not None
    assert decision.rendered.files[FILE] == ("100644", TEN.encode())


def test_a_branch_that_we_pushed_before_a_crash_is_pushed_again_from_its_head() -> None:
    decision = decide(seen(branch=a_branch()))
    assert what(decision) == ("propose", "InReview")
    assert decision.expected == HEAD


def test_a_branch_that_a_person_made_is_never_touched() -> None:
    decision = decide(seen(branch=a_persons_branch()))
    assert what(decision) == ("report", "ForeignPullRequest")
    assert "delete the branch" in decision.message
    assert decision.expected is None


def test_values_that_the_base_holds_already_need_no_pull_request() -> None:
    assert what(decide(seen(base=HOLDS))) == ("report", "NoChange")


def test_a_branch_of_ours_that_nobody_needs_any_more_is_deleted() -> None:
    decision = decide(seen(base=HOLDS, branch=a_branch()))
    assert what(decision) == ("tidy", "NoChange")
    assert decision.expected == HEAD


@pytest.mark.parametrize("meta", [{}, deleting()], ids=["standing", "deleted"])
@pytest.mark.parametrize("spec", [{}, {"cancelled": True}], ids=["wanted", "cancelled"])
def test_a_pull_request_that_the_forge_does_not_show_now_is_waited_for_and_never_opened_twice(meta, spec) -> None:
    with pytest.raises(Waiting, match="does not show pull request 7 now") as waiting:
        decide(seen(a_request(status=KNOWN, meta=meta, **spec)))
    assert waiting.value.delay is None


# Somebody else's pull request.


def test_a_pull_request_of_somebody_else_on_our_branch_is_left_alone() -> None:
    decision = decide(seen(branch=a_branch(), pulls=(a_pull(3, ours=False),)))
    assert what(decision) == ("report", "ForeignPullRequest")
    assert "pull request 3" in decision.message


def test_of_several_pull_requests_ours_with_the_lowest_number_counts() -> None:
    pulls = (a_pull(3, ours=False), a_pull(5), a_pull(9))
    decision = decide(in_review(pulls=pulls))
    assert decision.pull == pulls[1]
    assert what(decision) == ("report", "InReview")


@pytest.mark.parametrize("spec", [{"cancelled": True}, {"preview": True}], ids=str)
def test_a_foreign_pull_request_is_not_closed_by_a_cancelled_request(spec) -> None:
    decision = decide(seen(a_request(**spec), pulls=(a_pull(3, ours=False),)))
    assert what(decision) == ("report", "ForeignPullRequest")


# Our open pull request.


@pytest.mark.parametrize(
    ("verdict", "state", "words"),
    [
        (Verdict(), "InReview", "waits for a reviewer"),
        (Verdict("Approved", "Passing"), "InReview", "is approved and can be merged"),
        (Verdict("", "Pending"), "InReview", "waits for a reviewer"),
        (Verdict("ChangesRequested", "Failing"), "ChangesRequested", "asked for changes"),
        (Verdict("Approved", "Failing"), "ChecksFailing", "a check of pull request 7 fails"),
    ],
)
def test_an_open_pull_request_says_what_people_and_checks_say(verdict: Verdict, state: str, words: str) -> None:
    decision = decide(in_review(verdict=verdict))
    assert what(decision) == ("report", state)
    assert words in decision.message


def test_a_pull_request_that_is_reopened_after_its_branch_was_deleted_gets_its_branch_again() -> None:
    closed = ChangeRequestStatus(pull_request=a_pull_status(state="Closed"))
    decision = decide(in_review(a_request(status=closed), branch=None))
    assert what(decision) == ("propose", "InReview")
    assert decision.expected is None
    assert decision.pull is not None


def test_a_person_s_commit_on_the_branch_makes_it_theirs() -> None:
    decision = decide(in_review(branch=a_persons_branch()))
    assert what(decision) == ("report", "Modified")
    assert HEAD[:12] in decision.message


def test_a_branch_that_is_gone_under_an_open_pull_request_is_waited_for() -> None:
    with pytest.raises(Waiting, match="is gone") as waiting:
        decide(in_review(branch=None))
    assert waiting.value.delay == 5.0


def test_a_base_that_moved_in_other_files_leaves_the_branch_where_it_is() -> None:
    base = a_snapshot({FILE: DEPLOYMENT, FLAGS: "kind: ConfigMap\n"}, commit="d" * 40)
    assert what(decide(in_review(base=base))) == ("report", "InReview")


def test_a_base_that_moved_under_us_is_rendered_again_on_the_same_branch_and_pull_request() -> None:
    base = a_snapshot({FILE: DEPLOYMENT.replace("replicas: 3", "replicas: 20")}, commit="d" * 40)
    decision = decide(in_review(base=base))
    assert what(decision) == ("propose", "InReview")
    assert decision.expected == HEAD
    assert decision.pull is not None
    assert decision.pull.number == 7
    assert decision.rendered is not None
    assert decision.rendered.commit == base.commit
    assert decision.rendered.steps[0].change.from_ == "20"


def test_a_commit_below_ours_that_nobody_has_any_more_is_rendered_again() -> None:
    assert what(decide(in_review(fork=None))) == ("propose", "InReview")


def test_a_file_that_is_new_on_the_base_is_rendered_again() -> None:
    assert what(decide(in_review(fork=a_snapshot({FLAGS: "x: y\n"})))) == ("propose", "InReview")


def test_a_base_that_holds_the_values_ends_the_pull_request_with_a_comment() -> None:
    decision = decide(in_review(base=HOLDS, base_age=QUIET))
    assert what(decision) == ("withdraw", "NoChange")
    assert decision.expected == HEAD
    assert "already holds every asked value" in decision.comment


def test_a_base_that_has_only_just_come_to_hold_the_values_may_be_our_own_merge() -> None:
    with pytest.raises(Waiting) as waiting:
        decide(in_review(base=HOLDS, base_age=QUIET - 0.1))
    assert waiting.value.delay == QUIET


def test_a_shape_that_cannot_be_edited_is_refused_also_when_the_pull_request_is_open() -> None:
    with pytest.raises(Refused):
        decide(in_review(base=a_snapshot({FILE: "kind: Deployment\nmetadata: {name: cart}\nspec: {replicas: [1]}\n"})))


# Our closed pull request.


@pytest.mark.parametrize(("by", "words"), [("bob", "closed by bob;"), ("", "was closed;")])
def test_a_pull_request_that_was_closed_is_a_no_and_is_never_opened_again(by: str, words: str) -> None:
    decision = decide(in_review(pulls=(a_pull(state="Closed", closed_by=by),)))
    assert what(decision) == ("report", "Rejected")
    assert words in decision.message


@pytest.mark.parametrize(("branch", "step"), [(a_branch(), "tidy"), (None, "report")])
def test_a_pull_request_that_we_closed_ourselves_is_no_persons_no(branch: Branch | None, step: str) -> None:
    closed = a_pull(state="Closed", closed_by="bellpull-bot", closed_by_us=True)
    assert what(decide(in_review(pulls=(closed,), branch=branch))) == (step, "NoChange")


# What cannot be decided.


@pytest.mark.parametrize("missing", ["target", "base"])
def test_nothing_is_proposed_without_target_and_base(missing: str) -> None:
    with pytest.raises(Refused, match="target cart is not known"):
        decide(seen(**{missing: None}))


# Whose commit it is.


def test_a_commit_is_ours_only_with_our_address_our_trailer_and_one_parent() -> None:
    facts = seen()
    assert ours(a_branch(), facts)
    assert not ours(None, facts)
    assert not ours(a_branch(parents=("b" * 40, "c" * 40)), facts)
    assert not ours(a_branch(parents=()), facts)
    assert not ours(a_branch(committer="bob@acme.example"), facts)
    assert not ours(a_branch(a_request("another")), facts)
    assert not ours(a_branch(message="Without a trailer\n"), facts)
    assert facts.repository.spec.commit.email == EMAIL


# What an open pull request says.


def test_a_body_that_is_out_of_date_is_replaced_unless_a_person_has_edited_it() -> None:
    old = wording.body(a_request(), rendered({FILE: DEPLOYMENT.replace("replicas: 3", "replicas: 1")}))
    new = wording.body(a_request(), rendered())
    assert decide(in_review(pulls=(a_pull(body=old),))).body == new
    assert decide(in_review(pulls=(a_pull(body=new),))).body == ""
    assert decide(in_review(pulls=(a_pull(body=f"{old}\nDo not merge before noon."),))).body == ""


def test_values_that_moved_ask_the_reviewers_for_a_new_look() -> None:
    changes = [step.change for step in rendered().steps]
    base = a_snapshot({FILE: DEPLOYMENT.replace("replicas: 3", "replicas: 20")}, commit="d" * 40)
    decision = decide(in_review(a_request(status=ChangeRequestStatus(changes=changes)), base=base))
    assert what(decision) == ("propose", "InReview")
    assert "was `replicas 3 → 10`, now `replicas 20 → 10`" in decision.comment
    assert decision.was == "replicas 3 → 10"


def test_what_a_change_was_is_remembered_by_its_commit() -> None:
    branch = a_branch(message=wording.commit_message(a_request(), rendered(), "replicas 1 → 10"))
    decision = decide(in_review(branch=branch))
    assert (decision.was, decision.comment) == ("replicas 1 → 10", "")
