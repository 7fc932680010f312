"""From an edit to the scalar it means and the value that scalar shall read as, before anything is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bellpull.edits import images, paths
from bellpull.edits.locate import find
from bellpull.edits.nodes import Document, Node
from bellpull.edits.paths import Path
from bellpull.edits.scalars import Type, is_whole_number, reads_as
from bellpull.errors import Refused

_PARAMETER: Final = re.compile(r"\s*(?:\$\{.*\}|\{\{.*\}\})\s*\Z", re.DOTALL)
_KINDS: Final = {"mapping": "a mapping", "sequence": "a list"}
_TYPES: Final[dict[Type, str]] = {"string": "string", "int": "whole number"}


@dataclass(frozen=True, slots=True)
class Set:
    """The scalar at the path gets this value, and the type that Kubernetes wants there, whatever it had."""

    path: Path
    value: str
    type: Type


@dataclass(frozen=True, slots=True)
class SetImage:
    """The image at the path keeps its repository and gets this tag, or this `sha256:…` digest."""

    path: Path
    tag: str


@dataclass(frozen=True, slots=True)
class Target:
    """One edit, resolved: this node shall read as this value. `where` is file and line, for messages."""

    path: Path
    where: str
    node: Node
    value: str
    type: Type
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return named(self.path)

    def is_there_already(self) -> bool:
        types = reads_as(self.node.value) if self.node.style == "plain" else {"string"}
        return self.node.value == self.value and types == {self.type}


def named(path: Path) -> str:
    """The path as messages call it."""
    return paths.text(path) or "the document"


def resolve(document: Document, edits: Sequence[Set | SetImage]) -> list[Target]:
    """What each edit means in this document; those whose value stands there already are left out."""
    targets = [_target(document, edit) for edit in edits]
    _refuse_twice(targets)
    pending = [target for target in targets if not target.is_there_already()]
    for target in pending:
        _refuse_unwritable(target)
    return pending


def _target(document: Document, edit: Set | SetImage) -> Target:
    node = find(document, edit.path)
    name, where = named(edit.path), f"{document.file}:{node.line}"
    if node.kind != "scalar":
        raise Refused(f"{where}: {name} is {_KINDS[node.kind]}, not a single value. Name a value below it.")
    if isinstance(edit, SetImage):
        image, notes = _image(node.value, name, where, edit.tag)
        return Target(edit.path, where, node, image, "string", notes)
    if edit.type == "int" and not is_whole_number(edit.value):
        raise Refused(f"{where}: {name} needs a whole number, and {edit.value[:40]!r} is none. Write digits only.")
    retyped = f"{name}: {edit.value or 'the empty value'} is a {_TYPES[edit.type]} now"
    return Target(edit.path, where, node, edit.value, edit.type, (retyped,) if edit.value == node.value else ())


def _image(present: str, name: str, where: str, asked: str) -> tuple[str, tuple[str, ...]]:
    if not images.is_tag(asked) and not images.is_digest(asked):
        raise Refused(
            f"{where}: {asked[:80]!r} is neither an image tag nor a sha256 digest. Write only the tag, as in v1.4.2; "
            "the image's repository stays as it is."
        )
    placeholder = images.placeholder(present)
    if placeholder:
        raise Refused(
            f"{where}: {name} is {present}, and {placeholder} is filled in later. "
            "Set it where the placeholder gets its value."
        )
    image = images.split(present)
    if image is None:
        raise Refused(
            f"{where}: {name} is {present[:200]!r}, which is not an image reference. "
            "Write the whole image by hand first."
        )
    changed, lost = images.retag(image, asked)
    return str(changed), (f"{name}: {lost} was dropped",) if lost else ()


def _refuse_twice(targets: Sequence[Target]) -> None:
    # By place, not by path: two paths may mean one node.
    for first, second in pairwise(sorted(targets, key=lambda target: target.node.start)):
        if first.node is second.node:
            raise Refused(f"{second.where}: {second.name} is asked for twice in one request. Ask for one value only.")


def _refuse_unwritable(target: Target) -> None:
    present = target.node.value
    if target.node.style in {"literal", "folded"}:
        raise Refused(
            f"{target.where}: {target.name} is a block scalar (`|` or `>`), and those are not edited. "
            "Edit it by hand, or write it in quotes first."
        )
    if present.startswith("ENC["):
        raise Refused(f"{target.where}: {target.name} is encrypted. Edit it with the tool that encrypted it.")
    if _PARAMETER.match(present):
        raise Refused(
            f"{target.where}: {target.name} is the placeholder {present}. Set it where the placeholder gets its value."
        )
