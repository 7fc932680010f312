"""What was seen at Git and at the forge, as data: decisions are made from it, the two ports hand it out.

It stands here, below the ports, so that a decision needs neither of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["Open", "Merged", "Closed"]
Review = Literal["", "Approved", "ChangesRequested"]
Checks = Literal["", "Pending", "Passing", "Failing"]


@dataclass(frozen=True)
class Entry:
    """One regular file in a commit."""

    path: str  # from the repository's root, "/" between segments
    mode: str  # "100644" or "100755"
    oid: str
    data: bytes


@dataclass(frozen=True)
class Snapshot:
    """What stands at one commit below the paths that were asked for.

    `kinds` says for each asked path what is there; a path that is absent from it does not exist.
    A directory is listed without going deeper; what is no regular file in it (a symbolic link, a submodule, a
    directory) is left out, and so is a file over 1 MiB; asked for by name, such a thing is `other`. Nothing is ever
    followed through a link. The empty path is the root directory.
    """

    commit: str  # "" for a directory that is no commit
    kinds: Mapping[str, Literal["file", "directory", "other"]]
    entries: Mapping[str, Entry]  # by path: the asked files and the files directly in the asked directories


@dataclass(frozen=True)
class Branch:
    """A branch of ours as the remote has it: its last commit and the commit below that."""

    name: str  # without refs/heads/
    head: str
    parents: tuple[str, ...]
    committer: str  # e-mail address of the last commit
    message: str  # of the last commit


@dataclass(frozen=True)
class Pull:
    """A pull request as the forge tells it now."""

    number: int
    url: str  # for a person's browser
    branch: str  # head branch by name, also after the branch is gone; never a fork's
    base: str  # branch it asks to be merged into
    head_sha: str
    state: State
    ours: bool  # opened by the account our credentials belong to
    title: str = ""
    body: str = ""
    merge_commit: str = ""  # only when state is Merged: the commit on the base branch
    merged_by: str = ""  # login; only when state is Merged
    closed_by: str = ""  # login, where the forge tells
    closed_by_us: bool = False  # closed by the account our credentials belong to
    updated_at: str = ""  # opaque: differs when people, reviews or pushes touched it


@dataclass(frozen=True)
class Verdict:
    """What people and checks say of a pull request's head; empty = nothing said."""

    review: Review = ""
    checks: Checks = ""
