"""A circuit breaker for each repository: one that fails again and again is left alone for a while, for all its requests
at once, so that neither it nor the workers are worn out; the requests are told so without asking it."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bellpull.api.reasons import REPOSITORY_UNAVAILABLE
from bellpull.errors import BellpullError, Waiting

TRIES: Final = 3  # failures in a row that it takes
_FIRST: Final = 5.0  # seconds that it then stays open
_LONGEST: Final = 120.0


@dataclass
class Breaker:
    """Of one repository."""

    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _until: float = 0.0

    @property
    def remaining(self) -> float:
        """Seconds until the repository is asked again; 0 when it may be asked now."""
        return max(0.0, self._until - self.clock())

    def objection(self) -> Waiting | None:
        """What requests are told while it is open."""
        if not self.remaining:
            return None
        message = f"the repository has failed {self._failures} times in a row; it is asked again in a while"
        return Waiting(REPOSITORY_UNAVAILABLE, message, max(self.remaining, 0.1))

    def learn(self, outcomes: Iterable[BellpullError | None]) -> bool:
        """From what came of a batch that did ask the repository; True when it has just recovered."""
        seen = list(outcomes)
        if not seen:
            return False
        if all(_is_failure(outcome) for outcome in seen):
            self._failures += 1
            if self._failures >= TRIES:
                pause = min(_LONGEST, _FIRST * 2.0 ** (self._failures - TRIES))
                self._until = self.clock() + pause * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, no secret
            return False
        recovered, self._failures, self._until = self._failures >= TRIES, 0, 0.0
        return recovered


def _is_failure(outcome: BellpullError | None) -> bool:
    """The repository itself, not a wait with a reason of its own."""
    return isinstance(outcome, Waiting) and outcome.reason == REPOSITORY_UNAVAILABLE and outcome.delay is None
