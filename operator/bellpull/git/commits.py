"""Commits as text: the stream that makes them, and the judgement of what came out. Pure.

The judgement is needed because the writer is forgiving: `git fast-import` replaces a symbolic link by a
directory when it is told to write `link/x` [run].
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from bellpull.git.paths import is_safe
from bellpull.git.repository import Commit

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_MODES = ("100644", "100755")
_ABSENT = "000000"
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f<>]+")

Change = tuple[str, str, str]
"""Old mode, new mode, path; as the difference between a commit and its parent has it."""


def is_oid(text: str) -> bool:
    """A full object id: never an option, a range or a name."""
    return _OID.fullmatch(text) is not None


def objection(commit: Commit) -> str:
    """Why this commit must not be made; empty = nothing speaks against it."""
    if not commit.files:
        return "It changes no file."
    if not is_oid(commit.parent) or not (commit.expected is None or is_oid(commit.expected)):
        return "Parent and expected head must be full commit ids."
    for path, (mode, _) in commit.files.items():
        if not is_safe(path):
            return "One of its paths is not a plain relative path inside the repository."
        if mode not in _MODES:
            return f"{path} would not be a regular file."
    return ""


def import_stream(commits: Sequence[Commit]) -> bytes:
    """Input of `git fast-import` that makes the commits and prints one id a line, in their order."""
    return b"".join(_one(commit, mark) for mark, commit in enumerate(commits, 1)) + b"done\n"


def _one(commit: Commit, mark: int) -> bytes:
    person = f"{_clean(commit.name)} <{_clean(commit.email)}> {int(commit.date.timestamp())} +0000"
    return b"".join(
        (
            f"commit refs/bellpull/out/{mark}\nmark :{mark}\nauthor {person}\ncommitter {person}\n".encode(),
            _data(commit.message.replace("\x00", "").encode(errors="replace")),
            f"from {commit.parent}\n".encode(),
            *(_file(path, *commit.files[path]) for path in sorted(commit.files)),
            f"get-mark :{mark}\n".encode(),
        )
    )


def _file(path: str, mode: str, content: bytes) -> bytes:
    quoted = path.replace('"', '\\"')  # a safe path has no backslash and no control character
    return f'M {mode} inline "{quoted}"\n'.encode() + _data(content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _clean(text: str) -> str:
    """Git ends the name at `<` and the header at a line break."""
    return " ".join(_NOT_IN_A_NAME.sub(" ", text).encode(errors="replace").decode().split()) or "bellpull"


def parse_changes(stdout: bytes) -> Mapping[str, list[Change]]:
    """Output of `git diff-tree --stdin -r -z --raw` by commit; a commit that changes nothing is absent."""
    changes: dict[str, list[Change]] = {}
    fields = iter(stdout.decode(errors="surrogateescape").split("\0"))
    of_commit: list[Change] = []
    for head in fields:
        if head.startswith(":"):
            old, new = head[1:].split(" ")[:2]
            of_commit.append((old, new, next(fields, "")))
        elif head:
            of_commit = changes.setdefault(head, [])
    return changes


def surprise(commit: Commit, changes: Iterable[Change]) -> str:
    """What the commit does beyond or short of what was asked; empty = exactly that."""
    changed = {path: (old, new) for old, new, path in changes}
    if changed.keys() != commit.files.keys():
        return "The commit would not change exactly the files that were asked for; nothing was pushed."
    for path, (old, new) in changed.items():
        if new != commit.files[path][0] or old not in (new, _ABSENT):
            return f"The commit would change what kind of file {path} is; nothing was pushed."
    return ""
