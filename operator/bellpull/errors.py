"""The two kinds of error. Anything else that is raised is a bug and may look like one.

    BellpullError
    ├── Stalled             a person must change something; looked at again when the inputs move
    │   └── Refused         the edit engine will not guess
    └── Waiting             try again after `delay` seconds; nobody has to do anything

Adapters translate their vendor's errors into these with `raise … from`, and compose the
message: text from a forge or from git is never passed on as it came.
"""


class BellpullError(Exception):
    """`reason` is a CamelCase constant of `api/reasons.py`; `message` says what to do next."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


class Stalled(BellpullError):
    """A person must change something."""


class Refused(Stalled):
    """The file has a shape the edit engine will not guess at; the message names file, line and way out."""

    def __init__(self, message: str) -> None:
        super().__init__("Refused", message)


class Waiting(BellpullError):
    """Try again after `delay` seconds (None: the queue's own backoff)."""

    def __init__(self, reason: str, message: str, delay: float | None = None) -> None:
        super().__init__(reason, message)
        self.delay = delay
