"""Port: the Git side. Commits are made in the object database; there is no work tree.

All methods raise `Stalled("CredentialsRefused" | "BranchMissing" | "PushRefused", …)` when a person must
act and `Waiting("RepositoryUnavailable", …)` when the remote cannot be asked now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bellpull.plan.facts import Branch, Entry, Snapshot

__all__ = ["Branch", "Commit", "Entry", "Pushed", "Repository", "Snapshot"]


@dataclass(frozen=True)
class Commit:
    """One commit to make and where to put it: `branch` is created, or moved from `expected`."""

    branch: str
    parent: str
    message: str
    name: str  # author and committer
    email: str
    date: datetime  # aware; the same input gives the same commit id
    files: Mapping[str, tuple[str, bytes]]  # path → (mode, content); regular files only
    expected: str | None  # the head it replaces; None: the branch must not exist


@dataclass(frozen=True)
class Pushed:
    """What became of one commit: `refused` empty = the remote has it (now, or had it already)."""

    branch: str
    sha: str
    refused: str = ""  # one composed sentence
    stale: bool = False  # refused because the branch is not where it was expected: look again


class Repository(Protocol):
    def fetch(self) -> str:
        """Bring the mirror up to date (base branch and the branches under our prefix); the base's commit id."""

    def branches(self, names: Iterable[str]) -> Mapping[str, Branch]:
        """Those of the named branches that the remote had at the last fetch."""

    def snapshot(self, commit: str, paths: Iterable[str]) -> Snapshot:
        """File contents at one commit; a commit that the mirror does not have raises `Waiting`."""

    def push(self, commits: Sequence[Commit]) -> Mapping[str, Pushed]:
        """Make the commits in one import and push them in one leased push; by branch. One refused ref never
        takes another with it."""

    def delete(self, branches: Mapping[str, str]) -> Mapping[str, Pushed]:
        """Delete branches (name → the head they must have); one that is gone already counts as deleted."""
