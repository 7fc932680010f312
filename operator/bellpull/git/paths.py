"""Which paths may be read from or written to a repository: a judgement of our own, before git sees them.

`git fast-import` accepts `../x` and `.git/config` [run with 2.39.5], and other writers drop them silently.
"""

import unicodedata

_MOST_BYTES = 1024
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, invisible formatting, surrogates, line breaks


def is_safe(path: str) -> bool:
    """Relative, `/` between segments, nothing that any file system could read as `..` or `.git`."""
    if not path or len(path.encode(errors="replace")) > _MOST_BYTES or "\\" in path:
        return False
    if any(unicodedata.category(character) in _FORBIDDEN for character in path):
        return False
    return all(_is_safe_segment(segment) for segment in path.split("/"))


def _is_safe_segment(segment: str) -> bool:
    """NTFS drops trailing dots and spaces, knows `GIT~1` and reads `.git:x` as a stream of `.git`."""
    bare = unicodedata.normalize("NFKC", segment).casefold().split(":")[0].rstrip(". ")
    return bare not in {"", ".git", "git~1"}
