"""Which document of which file defines a Kubernetes object: by what the YAML says, never by the file's name."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from bellpull.edits.documents import parse
from bellpull.edits.nodes import Document
from bellpull.errors import Refused

_YAML: Final = {".yaml", ".yml"}


class ObjectReference(NamedTuple):
    """A Kubernetes object as a request names it; no namespace means any."""

    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def find_object(
    files: Mapping[str, str], kind: str, name: str, namespace: str | None = None
) -> tuple[str, Document] | None:
    """File and document that define the object, None if there are none. Refused: two do, or it cannot be told.

    `files` is path to text. A document without a namespace may be applied to any, so it counts for each.
    """
    wanted = ObjectReference(kind, name, namespace)
    # A file that does not even contain the two words cannot define the object: it is not parsed and may be broken.
    texts = {file: text for file, text in files.items() if name in text and kind in text}
    found = [
        document
        for file, text in sorted(texts.items())
        if PurePosixPath(file).suffix in _YAML
        for document in parse(text, file)
        if _defines(document, wanted)
    ]
    if not found:
        _refuse_json(texts, wanted)
        return None
    if len(found) > 1:
        places = " and ".join(f"{document.file}:{document.line}" for document in found)
        raise Refused(f"{wanted} is defined more than once: {places}. Remove all but one, or name the namespace.")
    return found[0].file, found[0]


def _defines(document: Document, wanted: ObjectReference) -> bool:
    for kind, name, namespace in _listed(document):
        if _matches(kind, name, namespace, wanted):
            raise Refused(
                f"{document.file}:{document.line}: {wanted} is an item of a List, and items of a List are not edited. "
                "Give it a document of its own."
            )
    return _matches(document.kind, document.name, document.namespace, wanted)


def _matches(kind: str, name: str, namespace: str | None, wanted: ObjectReference) -> bool:
    same_namespace = None in {namespace, wanted.namespace} or namespace == wanted.namespace
    return (kind, name) == (wanted.kind, wanted.name) and same_namespace


def _listed(document: Document) -> Iterator[tuple[str, str, str | None]]:
    listed = document.root.get("items") if document.kind.endswith("List") else None
    for item in listed.children if listed else ():
        kind, metadata = item.get("kind"), item.get("metadata")
        name, namespace = (metadata.get("name"), metadata.get("namespace")) if metadata else (None, None)
        if kind and name:
            yield kind.value, name.value, namespace.value if namespace else None


def _refuse_json(texts: Mapping[str, str], wanted: ObjectReference) -> None:
    for file in sorted(texts):
        if PurePosixPath(file).suffix == ".json":
            raise Refused(f"{file} may define {wanted}, but JSON is not edited. Write the object as YAML.")
