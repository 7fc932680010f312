"""The judge of every edit: it believes nothing but the two texts.

How a spelling was chosen may be heuristic; that it changed what was asked and nothing else may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bellpull.edits import second
from bellpull.edits.documents import parse
from bellpull.edits.nodes import Node
from bellpull.edits.scalars import Type, reads_as
from bellpull.errors import Refused


@dataclass(frozen=True, slots=True)
class Splice:
    """`text[start:end]`, the source of one scalar, gives way to `written`, which must read as `value` of `type`."""

    start: int
    end: int
    written: str
    value: str
    type: Type


def splice(text: str, splices: Sequence[Splice]) -> str:
    """The text with all splices made; their offsets are those of the old text."""
    for one in sorted(splices, key=lambda one: one.start, reverse=True):
        text = text[: one.start] + one.written + text[one.end :]
    return text


def verify(before: str, after: str, file: str, splices: Sequence[Splice]) -> None:
    """Refused unless `after` is `before` with exactly these scalars changed, and they read back as asked."""
    _same_text_between(before, after, file, sorted(splices, key=lambda one: one.start))
    asked = {(one.start, one.end): one for one in splices}
    first_line = before.count("\n", 0, min((one.start for one in splices), default=0)) + 1
    old, new = _nodes(before, file), _nodes_again(after, file, first_line)
    # Two empty scalars can stand at one place, as key and value: then nobody knows which of them was meant.
    if len(old) != len(new) or sum(_place(node) in asked for node in old) != len(splices):
        raise _changed(file, first_line)
    shift = 0
    for then, now in zip(old, new, strict=True):
        done = asked.get(_place(then))
        if done:
            _reads_back(now, done, file)
            shift += len(done.written) - (done.end - done.start)
        elif _shape(then, shift) != _shape(now, 0):
            raise _changed(file, then.line)
    for one in splices:
        seconded(one, file, first_line)


def _same_text_between(before: str, after: str, file: str, splices: Sequence[Splice]) -> None:
    read, written = 0, 0
    for one in splices:
        kept = before[read : one.start] + one.written
        if one.start < read or not after.startswith(kept, written):
            raise _changed(file, before.count("\n", 0, one.start) + 1)
        read, written = one.end, written + len(kept)
    if before[read:] != after[written:]:
        raise _changed(file, before.count("\n", 0, read) + 1)


def _nodes(text: str, file: str) -> list[Node]:
    """All nodes in the order of the text: with the number of children of each, that determines all trees."""
    return [node for document in parse(text, file) for node in document.root.walk()]


def _nodes_again(text: str, file: str, line: int) -> list[Node]:
    try:
        return _nodes(text, file)
    except Refused as error:
        raise Refused(f"{file}:{line}: the edited file could not be read back. Edit it by hand.") from error


def _place(node: Node) -> tuple[int, int]:
    return (node.start, node.end) if node.kind == "scalar" else (-1, -1)


def _shape(node: Node, shift: int) -> tuple[object, ...]:
    """All that an edit elsewhere must leave as it is."""
    return node.kind, node.start + shift, node.value, node.style, node.anchor, node.tag, len(node.children)


def _reads_back(node: Node, done: Splice, file: str) -> None:
    types = reads_as(node.value) if node.style == "plain" else {"string"}
    alone = node.kind == "scalar" and node.anchor is None and node.tag is None
    if not alone or node.value != done.value or types != {done.type}:
        raise _other(file, node.line)


def seconded(done: Splice, file: str, line: int) -> None:
    """Refused unless a reader of another family reads what was written as it was asked for."""
    asked = int(done.value) if done.type == "int" else done.value
    read = second.reads(done.written)
    if (type(read), read) != (type(asked), asked):
        raise _other(file, line)


def _other(file: str, line: int) -> Refused:
    return Refused(f"{file}:{line}: the new value would not read back as it was asked for. Edit the file by hand.")


def _changed(file: str, line: int) -> Refused:
    return Refused(f"{file}:{line}: the edit would change more than it was asked to. Edit the file by hand.")
