"""Bytes and text to documents: the only file that imports a YAML parser.

Only the parser's events are used, never its composer or constructor: events carry exact character offsets, an
alias is not followed and nothing is built from a tag. kubectl's reader was ported from libyaml, so both agree on what
a document is; PyYAML brings a recent libyaml, while the one in ruamel.yaml.clib does not read `{image: nginx:1.2}`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final

import yaml

from bellpull.edits.nodes import Document, Kind, Node, Style
from bellpull.errors import Refused

__all__ = ["Document", "Node", "decode", "parse"]

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000

_BOM: Final = "\ufeff"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/v1"
_STYLES: Final[dict[str | None, Style]] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


def decode(data: bytes, file: str) -> str:
    """The text of a file; a byte order mark is kept, as a character."""
    if data.startswith(_LFS_POINTER):
        raise Refused(f"{file} is a Git LFS pointer, not the file itself. Take YAML out of LFS, or edit it by hand.")
    if data.startswith(_UTF16):
        raise Refused(f"{file} is UTF-16. Save it as UTF-8 first.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"{file}:{line}: byte {error.start} is not UTF-8. Save the file as UTF-8 first.") from error


def parse(text: str, file: str) -> tuple[Document, ...]:
    """All documents of a file. Refused: no YAML, more than MAX_BYTES, deeper than MAX_DEPTH, more than MAX_NODES."""
    _check_size(text, file)
    # The parser would swallow the mark and count from behind it.
    offset = len(_BOM) if text.startswith(_BOM) else 0
    builder = _Builder(text, file, offset)
    try:
        for event in yaml.parse(text[offset:], Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, offset, file) from error
    return tuple(builder.documents)


def _check_size(text: str, file: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise Refused(f"{file}:{line}: a lone surrogate cannot be written as UTF-8. Remove the character.") from error
    if size > MAX_BYTES:
        raise Refused(f"{file} has {size} bytes; files over {MAX_BYTES} are not edited. Split it into smaller files.")


def _not_yaml(error: yaml.YAMLError, text: str, offset: int, file: str) -> Refused:
    mark = getattr(error, "problem_mark", None)
    position = offset + (mark.index if mark else getattr(error, "position", 0))
    line = min(text.count("\n", 0, position), text.count("\n", 0, len(text.rstrip()))) + 1
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unknown problem"
    if "{{" in text:
        way_out = "It holds `{{`: if it is a template, edit the values it is rendered from."
    else:
        way_out = "Repair the file first."
    return Refused(f"{file}:{line}: this is not YAML that can be read ({what}). {way_out}")


class _Open:
    """A collection whose end has not come yet."""

    def __init__(self, kind: Kind, event: yaml.CollectionStartEvent, flow: bool) -> None:
        self.kind = kind
        self.event = event
        self.flow = flow
        self.children: list[Node] = []


class _Builder:
    """Events to documents, with a stack of our own: the depth of a file is its author's choice."""

    def __init__(self, text: str, file: str, offset: int) -> None:
        self.documents: list[Document] = []
        self._file = file
        self._offset = offset
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._open: list[_Open] = []
        self._nodes = 0
        self._aliases: set[str] = set()
        self._flaws: list[str] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            style = _STYLES.get(event.style, "plain")
            self._add(self._node("scalar", event, event.end_mark, value=event.value, style=style, tag=event.tag))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start("mapping", event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start("sequence", event)
        elif isinstance(event, yaml.AliasEvent):
            self._aliases.add(event.anchor or "")
            self._add(self._node("alias", event, event.end_mark, value=event.anchor or ""))

    def _start(self, kind: Kind, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) == MAX_DEPTH:
            line = self._line(self._position(event.start_mark))
            raise Refused(f"{self._file}:{line}: nested deeper than {MAX_DEPTH} levels. Flatten the document first.")
        self._open.append(_Open(kind, event, self._in_flow()))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        style: Style = "flow" if done.event.flow_style else "block"
        children = tuple(done.children)
        node = self._node(done.kind, done.event, event.end_mark, style=style, tag=done.event.tag, children=children)
        if node.kind == "mapping":
            self._flaws.extend(_flaws_of(node, self._file))
        self._add(node)

    def _node(self, kind: Kind, event: yaml.NodeEvent, end: Any, **rest: Any) -> Node:
        start = self._position(event.start_mark)
        anchor = None if kind == "alias" else event.anchor
        flow = self._in_flow()
        return Node(kind, start, self._position(end), self._line(start), anchor=anchor, flow=flow, **rest)

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Refused(f"{self._file} has more than {MAX_NODES} values. Split it into smaller files.")
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._close_document(node)

    def _close_document(self, root: Node) -> None:
        metadata = root.get("metadata")
        self.documents.append(
            Document(
                file=self._file,
                index=len(self.documents),
                line=root.line,
                root=root,
                kind=_word(root.get("kind")) or "",
                api_version=_word(root.get("apiVersion")) or "",
                name=_word(metadata and metadata.get("name")) or "",
                namespace=_word(metadata and metadata.get("namespace")),
                aliases=frozenset(self._aliases),
                flaw=self._flaws[0] if self._flaws else None,
            )
        )
        self._aliases, self._flaws = set(), []

    def _in_flow(self) -> bool:
        return bool(self._open and self._open[-1].event.flow_style)

    def _position(self, mark: Any) -> int:
        index: int = mark.index
        return index + self._offset

    def _line(self, position: int) -> int:
        return bisect_left(self._breaks, position) + 1


def _word(node: Node | None) -> str | None:
    return node.value if node and node.kind == "scalar" else None


def _is_flow_mapping(node: Node) -> bool:
    return node.kind == "mapping" and node.style == "flow"


def _flaws_of(mapping: Node, file: str) -> Iterator[str]:
    """Why a document that holds this mapping must not be edited."""
    if _is_flow_mapping(mapping) and mapping.children and _is_flow_mapping(mapping.children[0]):
        # `image: {{ .Values.image }}` is a mapping whose key is a mapping: legal YAML, and a template.
        yield (
            f"{file}:{mapping.line}: `{{{{` begins a value, so this is a template, not a manifest. "
            "Edit the values it is rendered from."
        )
    seen: dict[str, int] = {}
    for key, _ in mapping.pairs():
        if key.kind != "scalar":
            continue
        if key.value in seen:
            yield (
                f"{file}:{key.line}: the key {key.value} stands in line {seen[key.value]} already, and "
                "readers disagree on which of the two counts. Remove one of them."
            )
        seen[key.value] = key.line
