"""The status of a request: one function, and the table of DESIGN section 3 for every state."""

from datetime import timedelta

import pytest

from bellpull.api import reasons
from bellpull.api.changerequest import ChangeRequestStatus, FileChange
from bellpull.api.conditions import Condition, condition, cut, find, is_true
from bellpull.api.status import Report, status_of
from tests.builders import NOW, a_pull_status, a_request

LATER = NOW + timedelta(hours=1)
# state: Ready, Reconciling, Stalled, Finished; as DESIGN section 3 has it
TABLE = {
    **dict.fromkeys(
        (
            *("RateLimited", "RepositoryUnavailable", "Proposing", "InReview"),
            *("ChangesRequested", "ChecksFailing", "Suspended", "TooManyOpen"),
        ),
        (False, True, False, False),
    ),
    **dict.fromkeys(
        ("Refused", "Denied", "TargetNotFound", "Modified", "ForeignPullRequest"), (False, False, True, False)
    ),
    **dict.fromkeys(("Merged", "NoChange", "Previewed"), (True, False, False, True)),
    **dict.fromkeys(("Rejected", "Withdrawn"), (False, False, True, True)),
}


def test_the_states_are_those_of_the_design() -> None:
    assert set(reasons.STATES) == set(TABLE)


@pytest.mark.parametrize("state", sorted(reasons.STATES))
def test_the_conditions_of_a_state_are_those_of_the_design(state: str) -> None:
    request = a_request(meta={"generation": 3})
    status = status_of(request, Report(state), NOW)
    by_type = {one.type: one for one in status.conditions}
    assert list(by_type) == ["Ready", "Reconciling", "Stalled", "Finished", "Proposed", "Merged"]
    four = [by_type[type_] for type_ in ("Ready", "Reconciling", "Stalled", "Finished")]
    assert tuple(one.status == "True" for one in four) == TABLE[state]
    assert {one.reason for one in four} == {state}
    assert {one.message for one in four} == {reasons.STATES[state].sentence}
    assert {one.observed_generation for one in status.conditions} == {3}
    assert (status.observed_generation, status.state) == (3, state)
    assert is_true(status.conditions, "Merged") is (state == "Merged")


@pytest.mark.parametrize("state", sorted(reasons.STATES))
def test_every_state_has_one_whole_sentence(state: str) -> None:
    sentence = reasons.STATES[state].sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_every_reason_is_one_camel_case_word_of_its_own() -> None:
    words = [value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)]
    assert len(set(words)) == len(words)
    assert all(word.isalpha() and word[0].isupper() and len(word) <= 64 for word in words)
    assert set(reasons.STATES) <= set(words)


def test_the_time_of_a_condition_moves_only_when_its_status_does() -> None:
    first = status_of(a_request(), Report("Proposing"), NOW)
    second = status_of(a_request(status=first), Report("InReview", "pull request 7 waits"), LATER)
    third = status_of(a_request(status=second), Report("Merged", pull_request=a_pull_status()), LATER)
    assert {one.last_transition_time for one in second.conditions} == {"2026-11-22T03:00:00Z"}
    times = {one.type: one.last_transition_time for one in third.conditions}
    assert times == {
        "Ready": "2026-11-22T04:00:00Z",
        "Reconciling": "2026-11-22T04:00:00Z",
        "Stalled": "2026-11-22T03:00:00Z",
        "Finished": "2026-11-22T04:00:00Z",
        "Proposed": "2026-11-22T04:00:00Z",
        "Merged": "2026-11-22T04:00:00Z",
    }


def test_the_same_report_twice_is_the_same_status() -> None:
    report = Report("InReview", "pull request 7 waits", "gitops", "replicas 3 → 10", pull_request=a_pull_status())
    first = status_of(a_request(), report, NOW)
    assert status_of(a_request(status=first), report, LATER) == first


def test_what_was_not_learned_again_stays() -> None:
    change = FileChange(file="f", object="Deployment/cart", path="spec.replicas", from_="3", to="10")
    full = Report("InReview", "", "gitops", "replicas 3 → 10", (change,), "diff", a_pull_status())
    before = status_of(a_request(), full, NOW)
    after = status_of(a_request(status=before), Report("RepositoryUnavailable"), LATER)
    for name in ("repository", "summary", "changes", "diff", "pull_request"):
        assert getattr(after, name) == getattr(before, name)
    assert is_true(after.conditions, "Proposed")


def test_what_was_learned_replaces_also_with_nothing() -> None:
    before = ChangeRequestStatus(summary="old", diff="old", changes=[])
    after = status_of(a_request(status=before), Report("NoChange", summary="", changes=(), diff=""), NOW)
    assert (after.summary, after.changes, after.diff) == ("", [], "")


def test_messages_become_sentences() -> None:
    def message(text: str) -> str:
        return status_of(a_request(), Report("Denied", text), NOW).conditions[0].message

    assert message("ask bob") == "Ask bob."
    assert [message(text) for text in ("Ask bob.", "Why?", "Stop!")] == ["Ask bob.", "Why?", "Stop!"]


def test_proposed_and_merged_carry_reasons_of_their_own() -> None:
    def reason(report: Report, type_: str) -> str:
        found = find(status_of(a_request(), report, NOW).conditions, type_)
        assert found is not None
        return found.reason

    assert reason(Report("Denied"), "Proposed") == "NotProposed"
    assert reason(Report("InReview", pull_request=a_pull_status()), "Proposed") == "PullRequestOpened"
    assert reason(Report("Rejected"), "Merged") == "NotMerged"
    assert reason(Report("Merged"), "Merged") == "Merged"
    assert reason(Report("Merged", merged_modified=True), "Merged") == "MergedModified"


def test_a_message_that_is_too_long_for_the_crd_is_cut() -> None:
    long = condition("Ready", True, "Ready", "x" * 2000, [], NOW, 1)
    assert (len(long.message), long.message[-1]) == (1024, "…")
    assert cut("x" * 1024) == "x" * 1024
    assert len(status_of(a_request(), Report("Denied", "x" * 1024), NOW).conditions[0].message) == 1024


def test_a_condition_that_is_not_there_is_not_true() -> None:
    ready = Condition(type="Ready", status="Unknown", reason="Ready", last_transition_time="x")
    assert find([ready], "Merged") is None
    assert not is_true([ready], "Ready")
    assert not is_true([], "Ready")


def test_settled_means_finished_and_computed_from_this_very_spec() -> None:
    done = status_of(a_request(), Report("Merged"), NOW)
    assert a_request(status=done).settled
    assert not a_request(status=done, meta={"generation": 2}).settled
    assert not a_request(status=status_of(a_request(), Report("InReview"), NOW)).settled
