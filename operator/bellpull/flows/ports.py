"""What a flow works with: the ports of one repository, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bellpull.api.changerepository import ChangeRepository
from bellpull.errors import BellpullError
from bellpull.forge.forge import Forge
from bellpull.git.repository import Repository
from bellpull.objects.objects import Key, Objects


def utc_now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Connection:
    """Both sides of one repository."""

    git: Repository
    forge: Forge


@dataclass(frozen=True)
class Ports:
    """`connection` may be the error that there is instead of one (no Secret, say): then whoever asks for Git or the
    forge is told so, and reports it like any other trouble. `still_held` raises Waiting when this process may no
    longer write to the repository; `base_age` says for how many seconds a base commit has been known here;
    `rivals` names the other requests that have a pull request open for a value of this one;
    `open_in` counts the pull requests that a namespace has open. A deleted request waits at most `cleanup_seconds` for
    its cleaning; `failing_for` says for how many seconds this process has tried one in vain."""

    objects: Objects
    repository: ChangeRepository
    connection: Connection | BellpullError
    still_held: Callable[[], None]
    base_age: Callable[[str], float]
    rivals: Callable[[Key], tuple[str, ...]]
    open_in: Callable[[str], int]
    failing_for: Callable[[Key], float] = lambda _: 0.0
    cleanup_seconds: float = 3600.0
    now: Callable[[], datetime] = utc_now

    @property
    def git(self) -> Repository:
        """The Git side, or what stands in its way."""
        return self._connected().git

    @property
    def forge(self) -> Forge:
        """The pull-request side, or what stands in its way."""
        return self._connected().forge

    def _connected(self) -> Connection:
        if isinstance(self.connection, BellpullError):
            raise self.connection
        return self.connection
