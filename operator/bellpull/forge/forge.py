"""Port: the pull-request side. One vendor implements it per file; nothing here knows Kubernetes.

All methods raise `Stalled("CredentialsRefused" | "ForgeRefused", …)` when a person must act and
`Waiting("RepositoryUnavailable" | "RateLimited", …)` when the forge cannot be asked now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bellpull.plan.facts import Checks, Pull, Review, State, Verdict

__all__ = ["Checks", "Forge", "Proposal", "Pull", "Review", "State", "Verdict"]


@dataclass(frozen=True)
class Proposal:
    """What to open: head is already pushed."""

    branch: str
    base: str
    title: str
    body: str


class Forge(Protocol):
    def open_pulls(self) -> Sequence[Pull]:
        """Every open pull request whose head is a branch of this repository (not a fork), any base."""

    def find(self, branches: Iterable[str], numbers: Mapping[str, int]) -> Mapping[str, Sequence[Pull]]:
        """All pull requests by head branch, in any state, lowest number first; `numbers` (branch → number)
        are hints from earlier, never trusted: a pull request with another head branch is left out."""

    def open(self, proposal: Proposal) -> Pull:
        """Open a pull request; `Waiting` if the answer was lost: look again with `find` before asking again."""

    def verdict(self, pull: Pull) -> Verdict:
        """Reviews and checks of one open pull request."""

    def revise(self, pull: Pull, body: str, comment: str) -> None:
        """Replace the body and say the comment, each unless it is empty or stands there already."""

    def close(self, pull: Pull, comment: str) -> None:
        """Comment, then close; nothing to do when it is not open."""

    def check(self) -> None:
        """Return when the credentials are accepted and may write; raise what a person must mend otherwise."""
