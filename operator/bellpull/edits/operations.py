"""What can be asked of a file, and the one function that does it: `(text, edits) → text`, or Refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from bellpull.edits.nodes import Document
from bellpull.edits.objects import ObjectReference, find_object
from bellpull.edits.paths import Path
from bellpull.edits.scalars import spellings
from bellpull.edits.targets import Set, SetImage, Target, resolve
from bellpull.edits.verify import Splice, splice, verify
from bellpull.errors import Refused

__all__ = ["Change", "Edited", "Set", "SetImage", "apply"]


@dataclass(frozen=True, slots=True)
class Change:
    """One scalar that reads differently now; values as decoded, not as spelt. `path` is `where` for people."""

    path: str
    before: str
    after: str
    line: int
    where: Path


@dataclass(frozen=True, slots=True)
class Edited:
    """The text after the edits. No changes, and the same text, if it said so already. Notes are for reviewers."""

    text: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def apply(text: str, file: str, wanted: tuple[str, str, str | None], edits: Sequence[Set | SetImage]) -> Edited:
    """All edits of one object (kind, name, namespace or None for any) at once: every one of them, or Refused."""
    document = _document(text, file, ObjectReference(*wanted))
    pending = resolve(document, edits)
    return Edited(
        text=_spliced(text, file, pending),
        changes=tuple(Change(one.name, one.node.value, one.value, one.node.line, one.path) for one in pending),
        notes=tuple(note for target in pending for note in target.notes),
    )


def _document(text: str, file: str, wanted: ObjectReference) -> Document:
    if wanted.kind == "Secret":
        raise Refused(
            f"{file}: {wanted} is a Secret, and secrets do not go through pull requests. Use your secret store."
        )
    found = find_object({file: text}, wanted.kind, wanted.name, wanted.namespace)
    if found is None:
        raise Refused(f"{file} does not define {wanted}. Correct the object's kind, name or namespace, or the file.")
    return found[1]


def _spliced(text: str, file: str, targets: Sequence[Target]) -> str:
    """The first spelling that verifies; all scalars step on together, so that there are never more than three tries."""
    candidates = [_candidates(target) for target in targets]
    refusal = None
    for attempt in range(max(map(len, candidates), default=0)):
        splices = [some[min(attempt, len(some) - 1)] for some in candidates]
        after = splice(text, splices)
        try:
            verify(text, after, file, splices)
        except Refused as error:
            refusal = error
        else:
            return after
    if refusal:
        raise refusal
    return text


def _candidates(target: Target) -> list[Splice]:
    node = target.node
    # Where no value is written, the place is right behind the colon or the dash.
    space = " " if node.start == node.end else ""
    return [
        Splice(node.start, node.end, space + written, target.value, target.type)
        for written in spellings(target.value, target.type, node.style, flow=node.flow)
    ]
