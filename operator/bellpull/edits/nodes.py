"""What a YAML text looks like to the edit engine: a small immutable tree that knows where every node stands.

Nothing is resolved here: an alias stays an alias, a scalar stays the text it decodes to. That is
what makes an alias bomb harmless and lets two trees be compared node by node.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["scalar", "mapping", "sequence", "alias"]
Style = Literal["plain", "single", "double", "literal", "folded", "block", "flow", ""]


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `text[start:end]` is its source, with the anchor and tag in front of it.

    The end of a literal or folded scalar and of a block collection is where the next token begins, so it may
    take in comments and blank lines. `value` is the decoded text of a scalar and the anchor's name of an alias.
    `flow` says that the node stands inside `[]` or `{}`. A mapping's children are key, value, key, value, ….
    """

    kind: Kind
    start: int
    end: int
    line: int
    value: str = ""
    style: Style = ""
    anchor: str | None = None
    tag: str | None = None
    flow: bool = False
    children: tuple["Node", ...] = ()

    def pairs(self) -> Iterator[tuple["Node", "Node"]]:
        """Key and value of every entry, in the order of the text."""
        return zip(self.children[::2], self.children[1::2], strict=True)

    def get(self, name: str) -> "Node | None":
        """The value under a key of a mapping; the first one where the key stands twice."""
        if self.kind != "mapping":
            return None
        return next((value for key, value in self.pairs() if key.kind == "scalar" and key.value == name), None)

    def is_null(self) -> bool:
        """True where the key is written but no value is: every reader sees a null."""
        return self.style == "plain" and self.value in {"", "~", "null", "Null", "NULL"}

    def walk(self) -> Iterator["Node"]:
        """The node and all below it, parents first, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `flaw` is the sentence that says why it must not be edited, if there is a reason.

    `kind`, `name` … are "" where the document does not say, or says it through an alias; `index` counts the
    documents of the file from 0; `aliases` are the anchors that something in the document refers to.
    """

    file: str
    index: int
    line: int
    root: Node
    kind: str
    api_version: str
    name: str
    namespace: str | None
    aliases: frozenset[str]
    flaw: str | None
