"""When a finished request has been kept for long enough."""

from datetime import timedelta

import pytest

from bellpull.api.expiry import duration, expired
from bellpull.api.status import Report, status_of
from tests.builders import NOW, a_request, deleting

LIFE = "1h30m"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        ("1h30m", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("1d1h1m1s", timedelta(days=1, hours=1, minutes=1, seconds=1)),
    ],
)
def test_a_duration_is_what_it_says(text: str, means: timedelta) -> None:
    assert duration(text) == means


def ended(state: str = "Merged", **meta: object):
    return a_request(status=status_of(a_request(), Report(state), NOW), meta=meta)


def test_a_finished_request_expires_after_its_life_and_not_before() -> None:
    assert not expired(ended(), LIFE, NOW + timedelta(minutes=90))
    assert expired(ended(), LIFE, NOW + timedelta(minutes=90, seconds=1))


def test_what_is_not_finished_never_expires() -> None:
    late = NOW + timedelta(days=10_000)
    assert not expired(a_request(), LIFE, late)
    assert not expired(ended("InReview"), LIFE, late)
    assert not expired(ended("Refused"), LIFE, late)
    assert not expired(ended(generation=2), LIFE, late)
    assert not expired(ended(**deleting()), LIFE, late)
