"""From a tree listing to a snapshot: which of the asked paths are files, directories, or neither. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from bellpull.git.objects import Listed
from bellpull.git.paths import is_safe
from bellpull.git.repository import Entry, Snapshot

LARGEST_FILE = 1 << 20


class Listing:
    """What stands at the asked paths of one commit, before any content is read."""

    def __init__(self, asked: Sequence[str], listed: Iterable[Listed]) -> None:
        by_path = {one.path: one for one in listed}
        parents = {path.rpartition("/")[0] for path in by_path} | {""}
        self.kinds: dict[str, Literal["file", "directory", "other"]] = {}
        self._files: dict[str, Listed] = {}
        for path in asked:
            if path in parents:
                self.kinds[path] = "directory"
            elif path in by_path:
                self.kinds[path] = "file" if _is_readable(by_path[path]) else "other"
        for path, one in by_path.items():
            wanted = path in self.kinds or path.rpartition("/")[0] in self.kinds
            if wanted and _is_readable(one):
                self._files[path] = one

    @property
    def size(self) -> int:
        return sum(one.size for one in self._files.values())

    @property
    def oids(self) -> list[str]:
        return [one.oid for one in self._files.values()]

    def snapshot(self, commit: str, contents: Mapping[str, bytes]) -> Snapshot:
        entries = {path: Entry(path, one.mode, one.oid, contents[one.oid]) for path, one in self._files.items()}
        return Snapshot(commit, self.kinds, entries)


def _is_readable(one: Listed) -> bool:
    return one.is_regular and one.size <= LARGEST_FILE and is_safe(one.path)
