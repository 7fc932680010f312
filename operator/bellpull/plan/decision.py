"""What goes into a decision and what comes out of it, as data."""

from dataclasses import dataclass, field
from typing import Literal

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.plan.facts import Branch, Pull, Snapshot, Verdict
from bellpull.plan.render import Rendered


@dataclass(frozen=True)
class Seen:
    """All that was observed for one request."""

    request: ChangeRequest
    repository: ChangeRepository
    target: ChangeTarget | None = None  # None only where none is needed: withdrawing
    base: Snapshot | None = None  # below the target's path, now
    fork: Snapshot | None = None  # the same at the commit our branch stands on, when there is such a branch
    merged: Snapshot | None = None  # the same at the merge commit, when there is one
    branch: Branch | None = None
    pulls: tuple[Pull, ...] = ()  # every pull request of our branch name, lowest number first
    verdict: Verdict = field(default_factory=Verdict)
    base_age: float = 0.0  # seconds that this base commit has been known to us
    rivals: tuple[str, ...] = ()  # other requests open for a value of this one, as people name them


@dataclass(frozen=True)
class Decision:
    """What to do, and what to say.

    `step`: `report` touches nothing; `propose` pushes `rendered` and opens or updates the pull request; `withdraw`
    closes `pull` with `comment` and deletes our branch; `tidy` only deletes our branch.
    """

    step: Literal["report", "propose", "withdraw", "tidy"]
    state: str
    message: str = ""
    rendered: Rendered | None = None
    pull: Pull | None = None
    expected: str | None = None  # the head that the branch must have; None: no branch
    comment: str = ""  # said once
    was: str = ""  # what the change was before the base moved under it
    body: str = ""  # what the pull request's body is to be; empty: as it is
    merged_modified: bool = False
    doubles: tuple[Pull, ...] = ()  # to be closed, whatever the step is
