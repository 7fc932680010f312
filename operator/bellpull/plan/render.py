"""One request against one snapshot: the new file texts, and the same change as data for people and status (pure)."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bellpull.api.changerequest import DIFF_LENGTH, SHOWN_LENGTH, ChangeRequestSpec, FileChange
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.api.conditions import cut
from bellpull.edits.operations import Change, apply
from bellpull.errors import Refused
from bellpull.plan import intent, locate
from bellpull.plan.facts import Snapshot
from bellpull.plan.intent import Wish


@dataclass(frozen=True)
class Step:
    """One value that changes: `label` is what people call it."""

    label: str
    change: FileChange


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
    names = (target.workload.name, *((target.config_map,) if target.config_map else ()))
    before = locate.texts(target, snapshot, names)
    after = dict(before)
    steps: list[Step] = []
    notes: list[str] = []
    read: list[str] = []
    for kind, name in _objects(spec, target):
        file, document = locate.object_in(after, kind, name, target.path)
        wishes = intent.of_config(spec) if kind == "ConfigMap" else intent.of_workload(spec, target, document)
        edited = apply(after[file], file, (kind, name, document.namespace), [wish.edit for wish in wishes])
        after[file] = edited.text
        steps += _steps(wishes, edited.changes, file, f"{kind}/{name}")
        notes += edited.notes
        read.append(file)
    changed = {file: text for file, text in after.items() if text != before[file]}
    return Rendered(
        commit=snapshot.commit,
        steps=tuple(steps),
        files={file: (snapshot.entries[file].mode, text.encode()) for file, text in changed.items()},
        diff="".join(unified_diff(file, before[file], text) for file, text in changed.items()),
        notes=tuple(notes),
        read=tuple(dict.fromkeys(read)),
    )


def _objects(spec: ChangeRequestSpec, target: ChangeTargetSpec) -> Sequence[tuple[str, str]]:
    objects: list[tuple[str, str]] = (
        [(target.workload.kind, target.workload.name)] if intent.asks_of_workload(spec) else []
    )
    if spec.config is not None:
        objects.append(("ConfigMap", config_map(target)))
    return objects


def config_map(target: ChangeTargetSpec) -> str:
    """Name of the target's ConfigMap, or Refused."""
    if target.config_map is None:
        raise Refused(f"target {target.workload.name} names no ConfigMap; its owner can set spec.configMap")
    return target.config_map


def _steps(wishes: Sequence[Wish], changes: Sequence[Change], file: str, name: str) -> list[Step]:
    labels = {wish.edit.path: wish.label for wish in wishes}
    return [
        Step(
            labels[change.where],
            FileChange(
                file=file,
                object=name,
                path=change.path,
                from_=cut(change.before, SHOWN_LENGTH),
                to=cut(change.after, SHOWN_LENGTH),
            ),
        )
        for change in changes
    ]


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


def check_target(target: ChangeTargetSpec, snapshot: Snapshot) -> None:
    """Raises what a request for this target would be told: path, workload, container and ConfigMap must be there."""
    names = (target.workload.name, *((target.config_map,) if target.config_map else ()))
    files = locate.texts(target, snapshot, names)
    _, workload = locate.object_in(files, target.workload.kind, target.workload.name, target.path)
    intent.check_container(target, workload)
    if target.config_map is not None:
        locate.object_in(files, "ConfigMap", target.config_map, target.path)
