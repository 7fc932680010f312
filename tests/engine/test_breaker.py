"""A repository that fails again and again is left alone for a while, for all its requests at once."""

import pytest

from bellpull.engine.breaker import TRIES, Breaker
from bellpull.errors import BellpullError, Stalled, Waiting

FAILURE = Waiting("RepositoryUnavailable", "The server did not answer.")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_breaker(failures: int) -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(failures):
        assert not breaker.learn([FAILURE])
    return breaker, clock


def test_it_takes_some_failures_in_a_row() -> None:
    assert a_breaker(TRIES - 1)[0].objection() is None
    objection = a_breaker(TRIES)[0].objection()
    assert objection is not None
    assert f"has failed {TRIES} times in a row" in objection.message
    assert objection.reason == "RepositoryUnavailable"


def test_it_closes_by_itself_so_that_the_repository_is_asked_again() -> None:
    breaker, clock = a_breaker(TRIES)
    assert 4 <= breaker.remaining <= 6
    clock.now += breaker.remaining
    assert (breaker.remaining, breaker.objection()) == (0, None)


def test_every_further_failure_doubles_the_pause_up_to_a_limit() -> None:
    for failures in range(TRIES, 12):
        pause = min(120.0, 5.0 * 2 ** (failures - TRIES))
        assert pause * 0.8 <= a_breaker(failures)[0].remaining <= pause * 1.2


def test_a_success_is_a_recovery_only_after_it_was_open() -> None:
    breaker, _ = a_breaker(TRIES)
    assert breaker.learn([FAILURE, None])
    assert breaker.objection() is None
    assert not breaker.learn([None])
    assert not a_breaker(TRIES - 1)[0].learn([None])


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        Stalled("CredentialsRefused", "renew the token"),
        Waiting("RepositoryUnavailable", "soon", 1.0),
        Waiting("RateLimited", "slower", 60),
        Waiting("ObjectMoved", "moved"),
    ],
)
def test_only_a_repository_that_does_not_answer_is_a_failure(outcome: BellpullError | None) -> None:
    breaker, _ = a_breaker(TRIES - 1)
    breaker.learn([outcome])
    breaker.learn([FAILURE])
    assert breaker.objection() is None


def test_an_empty_batch_says_nothing() -> None:
    breaker, _ = a_breaker(TRIES)
    assert not breaker.learn([])
    assert breaker.objection() is not None
