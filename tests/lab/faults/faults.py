"""What a test can do to the operator's calls, and the track on which the calls of one repository are counted."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from tests.lab.faults.proxy import Answer, Call, Cut, Fault

Moment = Literal["before", "after"]
Wanted = Callable[[Call], bool]
_LONGEST = 60.0


def calls(pattern: str) -> Wanted:
    """Calls whose "METHOD /path?query" has this in it."""
    found = re.compile(pattern)
    return lambda call: found.search(call.line) is not None


def _any(_: Call) -> bool:
    return True


_LOST: Cut | None = Cut()
PUSH = calls(r"^POST .*/git-receive-pack")
OPEN = calls(r"^POST .*/pulls$")
STATUS = calls(r"^PATCH .*/changerequests/[^/]+/status")


class Track:
    """The calls that belong together; asks every fault on it in turn. It is a Fault itself."""

    def __init__(self, uncounted: str = "") -> None:
        self._uncounted = re.compile(uncounted) if uncounted else None
        self.faults: list[Fault] = []
        self.calls: list[Call] = []

    @contextmanager
    def suffers(self, fault: Fault) -> Iterator[None]:
        """The fault is on it for a while."""
        self.faults.append(fault)
        try:
            yield
        finally:
            self.faults.remove(fault)

    def before(self, call: Call, /) -> Answer | Cut | None:
        if not self._counts(call):
            return None
        self.calls.append(call)
        verdicts = [fault.before(call) for fault in list(self.faults)]
        return next((verdict for verdict in verdicts if verdict is not None), None)

    def after(self, call: Call, reply: Answer, /) -> Cut | None:
        if not self._counts(call):
            return None
        verdicts = [fault.after(call, reply) for fault in list(self.faults)]
        return next((verdict for verdict in verdicts if verdict is not None), None)

    def _counts(self, call: Call) -> bool:
        return self._uncounted is None or self._uncounted.search(call.line) is None


class Hold:
    """Holds the numbered one of the wanted calls until it is let go."""

    def __init__(self, number: int, moment: Moment, wanted: Wanted = _any) -> None:
        self.number, self.moment = number, moment
        self.held, self._free = threading.Event(), threading.Event()
        self.call: Call | None = None
        self._wanted, self._count, self._verdict = wanted, 0, _LOST
        self._lock = threading.Lock()

    def let_go(self, verdict: Cut | None = _LOST) -> None:
        """Its connection is cut; with None it goes on as if nothing had been."""
        self._verdict = verdict
        self._free.set()

    def before(self, call: Call, /) -> Cut | None:
        with self._lock:
            self._count += self._wanted(call)
            if self._count != self.number or self.call is not None:
                return None
            self.call = call
        return self._hold() if self.moment == "before" else None

    def after(self, call: Call, _reply: Answer, /) -> Cut | None:
        return self._hold() if call is self.call and self.moment == "after" else None

    def _hold(self) -> Cut | None:
        self.held.set()
        self._free.wait(_LONGEST)
        return self._verdict


class Meet:
    """Wanted calls wait for each other, and go on together."""

    def __init__(self, wanted: Wanted, parties: int) -> None:
        self._wanted = wanted
        self._all_here = threading.Barrier(parties, timeout=8)

    def before(self, call: Call, /) -> None:
        if self._wanted(call):
            # A later one finds the barrier broken or waits for nobody: it goes on alone.
            with suppress(threading.BrokenBarrierError):
                self._all_here.wait()

    def after(self, _call: Call, _reply: Answer, /) -> None:
        """Nothing."""


class _Sometimes:
    """Meant for the wanted calls, at most so many times; counts them."""

    def __init__(self, wanted: Wanted = _any, times: int = 1_000_000) -> None:
        self._wanted, self._left = wanted, times
        self._lock = threading.Lock()
        self.count = 0

    def _is_meant(self, call: Call) -> bool:
        with self._lock:
            if self.count >= self._left or not self._wanted(call):
                return False
            self.count += 1
            return True

    def before(self, _call: Call, /) -> Answer | Cut | None:
        return None

    def after(self, _call: Call, _reply: Answer, /) -> Cut | None:
        return None


class Lose(_Sometimes):
    """The call is done, but its reply is lost."""

    def after(self, call: Call, _reply: Answer, /) -> Cut | None:
        return Cut() if self._is_meant(call) else None


class Break(_Sometimes):
    """The connection breaks when half of the body is on its way."""

    def before(self, call: Call, /) -> Cut | None:
        return Cut(len(call.body) // 2) if self._is_meant(call) else None


class Say(_Sometimes):
    """Another answer than the server's, which is not asked."""

    def __init__(self, answer: Answer, wanted: Wanted = _any, times: int = 1_000_000) -> None:
        super().__init__(wanted, times)
        self._answer = answer

    def before(self, call: Call, /) -> Answer | None:
        return self._answer if self._is_meant(call) else None
