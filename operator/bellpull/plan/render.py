"""One request against one snapshot: the new file texts, and the same change as data for people and status (pure)."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bellpull.api.changerequest import DIFF_LENGTH, ChangeRequestSpec
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.plan import plain
from bellpull.plan.facts import Snapshot
from bellpull.plan.placed import Step

__all__ = ["Rendered", "Step", "check_target", "cut_diff", "render", "unified_diff"]


@dataclass(frozen=True)
class Rendered:
    """What the request means at one commit; no steps: the files already hold every asked value."""

    commit: str
    steps: tuple[Step, ...] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)  # path → (mode, content); only what changes
    diff: str = ""
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()  # files the values stand in, whether they change or not


def render(spec: ChangeRequestSpec, target: ChangeTargetSpec, snapshot: Snapshot) -> Rendered:
    """Raises Refused or Stalled, with what to do next, when the asked values cannot be placed."""
    placed = plain.place(spec, target, snapshot)
    changed = {file: text for file, text in placed.after.items() if text != placed.before[file]}
    return Rendered(
        commit=snapshot.commit,
        steps=placed.steps,
        files={file: (snapshot.entries[file].mode, text.encode()) for file, text in changed.items()},
        diff="".join(unified_diff(file, placed.before[file], text) for file, text in changed.items()),
        notes=placed.notes,
        read=placed.read,
    )


def check_target(target: ChangeTargetSpec, snapshot: Snapshot) -> None:
    """Raises what a request for this target would be told."""
    plain.check(target, snapshot)


def unified_diff(file: str, before: str, after: str) -> str:
    """A diff that `git apply` takes, with its note for a missing final newline."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """As git counts lines: ended by a line feed and by nothing else."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def cut_diff(diff: str) -> str:
    """At most what the status takes, cut between lines."""
    if len(diff) <= DIFF_LENGTH:
        return diff
    mark = "… (the rest is in the pull request)\n"
    return diff[: diff.rindex("\n", 0, DIFF_LENGTH - len(mark)) + 1] + mark
