"""A request placed into files: the texts before and after, and the same change as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bellpull.api.changerequest import SHOWN_LENGTH, FileChange
from bellpull.api.conditions import cut
from bellpull.edits.operations import Change
from bellpull.plan.intent import Wish


@dataclass(frozen=True)
class Step:
    """One value that changes: `label` is what people call it."""

    label: str
    change: FileChange


@dataclass(frozen=True)
class Placed:
    """No steps: the files already hold every asked value. `before` and `after` are path → text, with the same paths."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    read: tuple[str, ...]  # files the values stand in, whether they change or not


def steps_of(wishes: Sequence[Wish], changes: Sequence[Change], file: str, name: str) -> list[Step]:
    """What an edit of one object in one file changed, in the words of those who wished for it."""
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
