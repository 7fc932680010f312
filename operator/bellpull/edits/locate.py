"""From a path to the one node it means, or to the sentence that says why there is no such one node.

An alias, a merge key or an anchor on the way would make the edit reach further than the request says; the way out is in
every message.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from bellpull.edits import paths
from bellpull.edits.nodes import Document, Node
from bellpull.edits.objects import find_object
from bellpull.edits.paths import Item, Key, Path
from bellpull.errors import Refused

__all__ = ["Absent", "find", "find_object", "items"]

_SHOWN: Final = 10


class Absent(Refused):
    """The path leads to nothing; all that could be written there is still to be written."""


def find(document: Document, path: Path) -> Node:
    """The node at the path. Absent: nothing is there. Refused: it is not this node's alone, or cannot be told."""
    if document.flaw:
        raise Refused(document.flaw)
    _refuse_encrypted(document)
    node = document.root
    for walked, segment in enumerate(path):
        at = _Place(document, path[:walked], node)
        at.refuse_unless_owned()
        node = at.key(segment) if isinstance(segment, Key) else at.item(segment)
    _Place(document, path, node).refuse_unless_owned()
    return node


def items(document: Document, path: Path, key: str) -> tuple[str, ...]:
    """The values of `key` in the list of mappings at the path, such as container names; () if there is no list."""
    try:
        node = find(document, path)
    except Absent:
        return ()
    return _values(node.children, key) if node.kind == "sequence" else ()


def _refuse_encrypted(document: Document) -> None:
    if document.root.get("sops"):
        raise Refused(
            f"{document.file}:{document.line}: the document is encrypted by SOPS, which signs every value. "
            "Edit it with `sops`."
        )


class _Place:
    """A node on the way, and how people call it."""

    def __init__(self, document: Document, path: Path, node: Node) -> None:
        self._document = document
        self._path = path
        self._node = node
        self._where = f"{document.file}:{node.line}"
        self._name = paths.text(path) or "the document"

    def refuse_unless_owned(self) -> None:
        """Aliases, anchors that leak, and tags: what stands here is not, or not only, what the text says."""
        node = self._node
        if node.kind == "alias":
            raise Refused(
                f"{self._where}: {self._name} is the alias *{node.value}, so it belongs to the anchor &{node.value} "
                f"and to whatever else uses it. Write the value here in place of *{node.value}, or edit the anchor."
            )
        if node.anchor and (node.kind == "scalar" or node.anchor in self._document.aliases):
            raise Refused(
                f"{self._where}: {self._name} carries the anchor &{node.anchor}, so every *{node.anchor} would "
                f"change with it. Remove the anchor &{node.anchor} first, and write the value wherever it is used."
            )
        if node.tag:
            raise Refused(
                f"{self._where}: {self._name} carries the tag {node.tag}, so what it means is up to who reads it. "
                "Remove the tag, or edit it by hand."
            )

    def key(self, segment: Key) -> Node:
        node = self._node
        if node.kind == "sequence":
            raise Refused(f"{self._where}: {self._name} is a list. Name the item, as in {self._name}[name=…].")
        if node.kind == "scalar" and not node.is_null():
            raise Refused(
                f"{self._where}: {self._name} is a single value, so it has no key {segment}. Correct the path."
            )
        found = node.get(segment.name)
        merge = node.get("<<")
        if found and merge and merge.start > found.start:
            # go-yaml v2 lets a merge that comes later win over the key; the specification does not.
            raise Refused(
                f"{self._document.file}:{merge.line}: `<<` comes after {segment} in {self._name}, and readers disagree "
                "on which of the two counts. Move `<<` to the top of the mapping."
            )
        if found:
            return found
        if merge:
            raise Refused(
                f"{self._document.file}:{merge.line}: {self._name} has no {segment} of its own and takes in others "
                f"through `<<`. Write {segment} into the mapping first."
            )
        has = _listed(key.value for key, _ in node.pairs() if key.kind == "scalar")
        raise Absent(
            f"{self._where}: {self._name} has no {segment}; it has {has}. Add it by hand, or correct the path."
        )

    def item(self, segment: Item) -> Node:
        node = self._node
        if node.kind == "mapping" or (node.kind == "scalar" and not node.is_null()):
            raise Refused(f"{self._where}: {self._name} is not a list, so it has no item {segment}. Correct the path.")
        wanted = f"{segment.key}={segment.value}"
        found = [child for child in node.children if _values([child], segment.key) == (segment.value,)]
        for first, second in pairwise(found):
            raise Refused(
                f"{self._where}: {self._name} has two items with {wanted}, in lines {first.line} and {second.line}. "
                "Rename or remove one of them."
            )
        if found:
            return found[0]
        if any(child.kind == "alias" or child.get("<<") for child in node.children):
            raise Refused(
                f"{self._where}: {self._name} has no item that says {wanted} itself, and takes in others through "
                "aliases. Write the item out first."
            )
        has = _listed(_values(node.children, segment.key))
        raise Absent(f"{self._where}: {self._name} has no item with {wanted}; it has {has}. Correct the path.")


def _values(nodes: Iterable[Node], key: str) -> tuple[str, ...]:
    found = (node.get(key) for node in nodes)
    return tuple(value.value for value in found if value and value.kind == "scalar")


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = len(all_names) - _SHOWN
    return (", ".join(all_names[:_SHOWN]) or "none") + (f" and {more} more" if more > 0 else "")
