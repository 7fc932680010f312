"""What git says on stderr, as our two kinds of error. Its text decides the kind and goes no further."""

import re

from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.git.remote import Remote
from bellpull.git.runner import Result


class CorruptMirrorError(Exception):
    """The mirror on disk cannot be used; nothing in it is worth keeping."""


_CORRUPT = re.compile(
    r"bad (tree )?object|is corrupt|object file .* is empty|unable to read (tree|sha1|object|[0-9a-f]{7})"
    r"|could not read [0-9a-f]{7}|missing (blob|tree|commit|object)|invalid object|does not point to a valid object"
    r"|did not send all necessary objects|packfile .* cannot be accessed|index file .* is too small"
    r"|failed to read object|not a git repository|bad (numeric )?config|\.lock'?: File exists"
    r"|unable to resolve reference|unable to parse commit|ignoring broken ref|No such file or directory",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|File too large")

_CREDENTIALS = re.compile(r"Authentication failed|could not read (Username|Password)|returned error: 40[13]\b")
_NOT_FOUND = re.compile(r"repository '.*' not found|does not appear to be a git repository|returned error: 4(04|10)\b")
_NO_BRANCH = re.compile(r"couldn't find remote ref")
_MOVED = re.compile(r"returned error: 3\d\d\b|unable to update url base from redirection")
_LIMITED = re.compile(r"returned error: 429\b")
_CERTIFICATE = re.compile(r"certificate|CAfile", re.IGNORECASE)


def local_failure(result: Result) -> Exception:
    """Why a command that only works on the mirror failed."""
    if _NO_SPACE.search(result.stderr):
        return Waiting(
            "RepositoryUnavailable", "There is no space left for the mirror: give the operator's volume more."
        )
    if _CORRUPT.search(result.stderr):
        return CorruptMirrorError()
    return Waiting("RepositoryUnavailable", "Git could not work on the mirror of the repository; it is tried again.")


def remote_failure(result: Result, remote: Remote) -> Exception:
    """Why a fetch or a push failed as a whole; what the server itself wrote ("remote: …") is not believed."""
    own = "\n".join(line for line in result.stderr.splitlines() if not line.startswith("remote:"))
    return _stalled(own, remote) or _local(result, own) or _waiting(own, remote)


def _local(result: Result, own: str) -> Exception | None:
    if not result.cut and (_CORRUPT.search(own) or _NO_SPACE.search(own)):
        return local_failure(Result(result.returncode, b"", own))
    return None


def _stalled(text: str, remote: Remote) -> BellpullError | None:
    if _CREDENTIALS.search(text):
        return Stalled(
            "CredentialsRefused",
            f"The Git server refused the credentials for {remote.url}: renew the token, with access to read and write.",
        )
    if _NO_BRANCH.search(text):
        return Stalled(
            "BranchMissing", f"{remote.url} has no branch {remote.branch}: create it, or correct URL or branch."
        )
    if _NOT_FOUND.search(text):
        return Stalled(
            "RepositoryNotFound",
            f"The credentials see no repository at {remote.url}: correct the URL or give them access.",
        )
    if _MOVED.search(text):
        return Stalled("RepositoryNotFound", f"{remote.url} has moved: put the new URL into the ChangeRepository.")
    return None


def _waiting(text: str, remote: Remote) -> Waiting:
    if _LIMITED.search(text):
        return Waiting("RateLimited", f"The Git server wants fewer requests for {remote.url}.", 60)
    if _CERTIFICATE.search(text):
        return Waiting(
            "RepositoryUnavailable", f"The certificate of {remote.url} is not trusted: add its CA as ca.crt."
        )
    return Waiting(
        "RepositoryUnavailable", f"The Git server did not answer as expected for {remote.url}; it is asked again."
    )
