"""One request on its way down the line, and how it leaves it early."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.errors import BellpullError
from bellpull.forge.forge import Pull, Verdict
from bellpull.objects.objects import Key
from bellpull.plan.decide import Decision


@dataclass
class Case:
    """Filled from left to right; `error` ends it early."""

    key: Key
    request: ChangeRequest
    branch: str
    target: ChangeTarget | None = None
    decision: Decision | None = None
    pull: Pull | None = None
    verdict: Verdict = field(default_factory=Verdict)
    error: BellpullError | None = None

    @property
    def alive(self) -> bool:
        """Nothing has stopped it so far."""
        return self.error is None

    def decided(self, *steps: str) -> bool:
        """Alive, and decided to be one of these steps."""
        return self.alive and self.decision is not None and self.decision.step in steps


def attempt(cases: Iterable[Case], step: Callable[[Case], None]) -> None:
    """Do one step for each living case; what stops one case stops that case only."""
    for case in cases:
        if case.alive:
            try:
                step(case)
            except BellpullError as error:
                case.error = error


def together(cases: list[Case], step: Callable[[], None]) -> None:
    """Do one step for all living cases at once; what stops it stops them all."""
    living = [case for case in cases if case.alive]
    if not living:
        return
    try:
        step()
    except BellpullError as error:
        for case in living:
            case.error = error
