"""A directory on disk as a snapshot, under the same rules as a commit: nothing is followed through a link."""

import stat
from pathlib import Path
from typing import Final

from bellpull.edits.documents import MAX_BYTES
from bellpull.errors import Refused
from bellpull.git.paths import is_safe
from bellpull.plan.facts import Entry, Snapshot

_NOTHING: Final = Snapshot("", {}, {})


def snapshot_of(root: Path, path: str) -> Snapshot:
    """What stands at `path` below `root`; a directory is listed without going deeper. Refused if it cannot be read."""
    place = root / path
    parents = place.relative_to(root).parents
    try:
        if any((root / parent).is_symlink() for parent in parents if parent.parts):
            return _NOTHING  # as in a commit: below a link there is nothing
        return _at(place, path)
    except (FileNotFoundError, NotADirectoryError):
        return _NOTHING
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read ({error.strerror}). Make it readable.") from error


def _at(place: Path, path: str) -> Snapshot:
    if stat.S_ISDIR(place.lstat().st_mode):
        found = [_entry(one, f"{path}/{one.name}") for one in sorted(place.iterdir())]
        return Snapshot("", {path: "directory"}, {entry.path: entry for entry in found if entry})
    entry = _entry(place, path)
    return Snapshot("", {path: "file" if entry else "other"}, {path: entry} if entry else {})


def _entry(place: Path, path: str) -> Entry | None:
    """A regular file of a name and size that is edited, else None."""
    mode, size = place.lstat().st_mode, place.lstat().st_size
    if not stat.S_ISREG(mode) or size > MAX_BYTES or not is_safe(path):
        return None
    return Entry(path, "100755" if mode & stat.S_IXUSR else "100644", "", place.read_bytes())
