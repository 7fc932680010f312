"""Git's own formats, read: listings, objects, commits. Pure; ValueError for anything malformed."""

from collections.abc import Iterator
from dataclasses import dataclass

from bellpull.git.repository import Branch


@dataclass(frozen=True)
class Listed:
    """One line of a tree listing."""

    mode: str
    kind: str  # blob, tree, commit (a submodule)
    oid: str
    size: int  # of a blob, else 0
    path: str

    @property
    def is_regular(self) -> bool:
        return self.kind == "blob" and self.mode in ("100644", "100755")


def parse_listing(stdout: bytes) -> list[Listed]:
    """Output of `git ls-tree -l -z`."""
    return [_listed(row) for row in stdout.split(b"\0") if row]


def _listed(row: bytes) -> Listed:
    head, _, path = row.partition(b"\t")
    mode, kind, oid, size = head.decode().split()
    return Listed(mode, kind, oid, 0 if size == "-" else int(size), path.decode(errors="surrogateescape"))


def parse_records(stdout: bytes) -> Iterator[tuple[list[str], bytes]]:
    """Blocks of a line whose last word is a size, that many bytes and a line break (`git cat-file --batch`);
    a line that ends otherwise ("… missing") has no bytes."""
    position = 0
    while position < len(stdout):
        end = stdout.index(b"\n", position)
        words = stdout[position:end].decode(errors="surrogateescape").split(" ")
        size = int(words[-1]) if words[-1].isdecimal() else None
        position = end + 1
        yield words, stdout[position : position + (size or 0)]
        position += 0 if size is None else size + 1


def parse_commit(name: str, head: str, raw: bytes) -> Branch:
    """A commit object as the last commit of the branch `name`."""
    header, _, message = raw.partition(b"\n\n")
    lines = header.decode(errors="replace").split("\n")
    committer = next((line for line in lines if line.startswith("committer ")), "")
    return Branch(
        name=name,
        head=head,
        parents=tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent ")),
        committer=committer.rpartition(">")[0].rpartition("<")[2],
        message=message.decode(errors="replace"),
    )
