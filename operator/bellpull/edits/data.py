"""From a node to plain data, as kubectl's reader (sigs.k8s.io/yaml over go-yaml v2) understands it."""

from collections.abc import Callable, Mapping
from typing import Final

from bellpull.edits.nodes import Document, Node
from bellpull.edits.scalars import is_whole_number, kubectl_reads
from bellpull.errors import Refused

_TRUE: Final = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})
_VALUES: Final[Mapping[str, Callable[[str], object]]] = {
    "null": lambda _: None,
    "bool": _TRUE.__contains__,
    "int": int,
}


def data_of(document: Document) -> object:
    """str, int, bool, None, dict and list. Refused: aliases, tags, keys that stand twice, numbers that not every
    reader takes for the same."""
    if document.flaw:
        raise Refused(document.flaw)
    return _data(document.root, document.file)


def _data(node: Node, file: str) -> object:
    if node.kind == "alias" or node.tag:
        what = f"the alias *{node.value}" if node.kind == "alias" else f"the tag {node.tag}"
        raise Refused(f"{file}:{node.line}: {what} is not understood here. Write the value itself.")
    if node.kind == "mapping":
        return {_key(key, file): _data(value, file) for key, value in node.pairs()}
    if node.kind == "sequence":
        return [_data(item, file) for item in node.children]
    return _scalar(node, file)


def _key(node: Node, file: str) -> str:
    if node.kind != "scalar":
        raise Refused(f"{file}:{node.line}: a key must be a single word. Write it as one.")
    return node.value


def _scalar(node: Node, file: str) -> object:
    if node.style != "plain":
        return node.value
    kind = kubectl_reads(node.value)
    if kind == "string":
        return node.value
    if kind not in _VALUES or (kind == "int" and not is_whole_number(node.value)):
        raise Refused(
            f"{file}:{node.line}: {node.value[:40]} is read in different ways. Quote it, or write it plainly."
        )
    return _VALUES[kind](node.value)
