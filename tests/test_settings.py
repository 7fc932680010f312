"""Settings come from BELLPULL_* variables; one that cannot be read is told by its name."""

from pathlib import Path

import pytest

from bellpull.errors import BellpullError, Refused, Stalled, Waiting
from bellpull.settings import from_environment


def test_without_variables_everything_has_a_default() -> None:
    settings = from_environment({})
    assert (settings.namespace, settings.workers) == ("bellpull-system", 8)
    assert settings.data_dir == Path("/var/lib/bellpull")


def test_every_process_has_another_identity() -> None:
    assert from_environment({}).identity != from_environment({}).identity


def test_variables_are_read_as_what_they_mean() -> None:
    settings = from_environment(
        {
            "BELLPULL_NAMESPACE": "ops",
            "BELLPULL_DATA_DIR": "/tmp/a b",
            "BELLPULL_POLL_SECONDS": "0.5",
            "BELLPULL_WORKERS": "2",
            "BELLPULL_IDENTITY": "one",
            "BELLPULL_UNKNOWN": "is somebody else's",
            "PATH": "/bin",
        }
    )
    assert (settings.namespace, settings.poll_seconds, settings.workers) == ("ops", 0.5, 2)
    assert (settings.data_dir, settings.identity) == (Path("/tmp/a b"), "one")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLL_SECONDS", "soon"),
        ("POLL_SECONDS", "0"),
        ("POLL_SECONDS", "-1"),
        ("RESYNC_SECONDS", "inf"),
        ("LEASE_SECONDS", "nan"),
        ("LEASE_SECONDS", ""),
        ("WORKERS", "1.5"),
        ("WORKERS", "0"),
        ("NAMESPACE", ""),
        ("IDENTITY", ""),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(Stalled, match=f"BELLPULL_{name}={value!r} cannot be used") as stalled:
        from_environment({f"BELLPULL_{name}": value})
    assert stalled.value.reason == "Invalid"


def test_an_error_has_a_reason_and_a_message_and_shows_both() -> None:
    assert str(Refused("no")) == "Refused: no"
    waiting = Waiting("RateLimited", "later", 60)
    assert (waiting.reason, waiting.message, waiting.delay) == ("RateLimited", "later", 60)
    assert issubclass(Refused, Stalled)
    assert not issubclass(Waiting, Stalled)
    assert issubclass(Waiting, BellpullError)
