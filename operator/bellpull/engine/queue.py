"""What is to be looked at, and when: one lane for each repository, one worker in a lane at a time.

A batch is what waits when the lane's worker becomes free (group commit): a lone key goes at once, a flood is batched by
itself. A key is in its lane once at most; asked for again, the earlier time wins.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, zip_longest
from typing import Final

from bellpull.objects.objects import Key

BATCH: Final = 50
_FIRST_DELAY: Final = 1.0  # seconds
_LAST_DELAY: Final = 300.0


class Queue:
    """Thread-safe. Times are seconds of the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, dict[Key, float]] = defaultdict(dict)
        self._failures: dict[Key, tuple[float, int]] = {}  # since when, and how many in a row
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False

    def add(self, lane: str, keys: Iterable[Key], delay: float = 0.0) -> None:
        """Have the keys looked at in `delay` seconds, or earlier where that was asked for before."""
        due = self._clock() + delay
        with self._changed:
            waiting = self._due[lane]
            for key in keys:
                waiting[key] = min(due, waiting.get(key, due))
            self._changed.notify()

    def failed(self, lane: str, key: Key) -> None:
        """Look again after a delay that doubles with every failure in a row."""
        count = self.troubled(key, 1)
        delay = min(_LAST_DELAY, _FIRST_DELAY * 2.0 ** (count - 1))
        self.add(lane, [key], delay * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret

    def troubled(self, key: Key, count: int = 0) -> int:
        """Something stopped it; how many failures in a row that were, with the `count` of now."""
        with self._changed:
            since, before = self._failures.get(key, (self._clock(), 0))
            self._failures[key] = (since, before + count)
            return before + count

    def failing_for(self, key: Key) -> float:
        """Seconds since the first trouble in a row; 0 when there is none."""
        with self._changed:
            return self._clock() - self._failures[key][0] if key in self._failures else 0.0

    def succeeded(self, key: Key) -> None:
        """The troubles in a row end."""
        with self._changed:
            self._failures.pop(key, None)

    def forget(self, keys: Iterable[Key]) -> None:
        """The objects are gone."""
        for key in keys:
            self.succeeded(key)

    def take(self) -> tuple[str, list[Key]] | None:
        """Wait for a lane with something due, and take at most a batch of it, fairly over namespaces. The lane is
        busy until `done`. None when the queue is closed."""
        with self._changed:
            while not self._closed:
                lane, wait = self._next()
                if lane is not None:
                    self._busy.add(lane)
                    return lane, self._batch(lane)
                self._changed.wait(wait)
            return None

    def done(self, lane: str) -> None:
        """The lane is free again."""
        with self._changed:
            self._busy.discard(lane)
            self._changed.notify_all()

    def close(self) -> None:
        """Give out nothing more; what is being worked at goes on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> tuple[str | None, float | None]:
        free = [(min(keys.values()), lane) for lane, keys in self._due.items() if keys and lane not in self._busy]
        if not free:
            return None, None
        due, lane = min(free)
        now = self._clock()
        return (lane, None) if due <= now else (None, due - now)

    def _batch(self, lane: str) -> list[Key]:
        now, waiting = self._clock(), self._due[lane]
        by_namespace: dict[str, list[Key]] = defaultdict(list)
        for key in sorted((key for key, due in waiting.items() if due <= now), key=lambda key: waiting[key]):
            by_namespace[key.namespace].append(key)
        in_turn = chain.from_iterable(zip_longest(*by_namespace.values()))
        batch = [key for key in in_turn if key is not None][:BATCH]
        for key in batch:
            del waiting[key]
        return batch
