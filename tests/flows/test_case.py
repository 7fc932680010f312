"""How one request leaves the line without another noticing, and what may not happen there."""

import pytest

from bellpull.errors import Stalled, Waiting
from bellpull.flows.act import _decision
from bellpull.flows.case import Case, attempt, together
from bellpull.flows.reports import ended
from bellpull.objects.objects import key_of
from bellpull.plan.decide import Decision
from tests.builders import a_repository, a_request, branch_of


def a_case(name: str = "cart") -> Case:
    request = a_request(name)
    return Case(key_of(request), request, branch_of(request))


def refuse(case: Case) -> None:
    raise Stalled("Denied", case.key.name)


def test_what_stops_one_case_stops_that_case_only() -> None:
    cases = [a_case("one"), a_case("two")]
    attempt(cases[:1], refuse)
    attempt(cases, lambda _: None)
    assert [case.alive for case in cases] == [False, True]


def test_a_case_that_has_left_is_not_tried_again() -> None:
    case = a_case()
    attempt([case], refuse)
    first = case.error
    attempt([case], refuse)
    together([case], lambda: refuse(case))
    assert case.error is first


def test_what_stops_all_stops_only_the_living() -> None:
    dead, living = a_case("dead"), a_case("living")
    attempt([dead], refuse)

    def fail() -> None:
        raise Waiting("RepositoryUnavailable", "later")

    together([dead, living], fail)
    assert [type(case.error).__name__ for case in (dead, living)] == ["Stalled", "Waiting"]


def test_a_bug_is_not_caught_here() -> None:
    def trip(case: Case) -> None:
        raise LookupError(case.branch)

    with pytest.raises(LookupError):
        attempt([a_case()], trip)


def test_a_case_is_decided_only_while_it_lives() -> None:
    case = a_case()
    assert not case.decided("report")
    case.decision = Decision("report", "Refused")
    assert case.decided("report", "propose")
    attempt([case], refuse)
    assert not case.decided("report")


def test_a_case_that_nothing_was_decided_of_reports_nothing() -> None:
    assert ended(a_case(), a_repository()) is None


def test_proposing_what_was_never_rendered_is_a_bug() -> None:
    case = a_case()
    case.decision = Decision("propose", "InReview")
    with pytest.raises(RuntimeError, match="without anything rendered"):
        _decision(case)
