"""Where a repository is and how git is told about it: by configuration in the environment only."""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path

from bellpull.git.runner import Setting

BASE = "refs/bellpull/base"
_HEADS = "refs/bellpull/heads/"
_NAME = "origin"
_URL = re.compile(r"(https|http|file)://[^\s\x00-\x20@\\\x7f]+")  # no user, no password, no other transport
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*")


@dataclass(frozen=True)
class Credential:
    """What proves to the Git server who we are."""

    username: str
    token: str = field(repr=False)

    @property
    def header(self) -> str:
        pair = f"{self.username}:{self.token}".encode()
        return f"Authorization: Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True)
class Remote:
    """One remote repository: its base branch, and the prefix of the branches that are ours."""

    url: str
    branch: str
    prefix: str
    credential: Credential | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.url):
            raise ValueError("the URL of a repository is https://host/path, without a user name")
        if not is_branch_name(self.branch) or not is_branch_name(self.prefix + "x"):
            raise ValueError("base branch and branch prefix must be plain branch names")

    @property
    def settings(self) -> tuple[Setting, ...]:
        """With these, `git fetch origin` and `git push origin` need nothing on disk; a push also moves our
        record of the pushed branch."""
        scheme = self.url.partition(":")[0]
        return (
            (f"protocol.{scheme}.allow", "always"),
            (f"remote.{_NAME}.url", self.url),
            (f"remote.{_NAME}.fetch", f"+refs/heads/{self.branch}:{BASE}"),
            (f"remote.{_NAME}.fetch", f"+refs/heads/{self.prefix}*:{_HEADS}*"),
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "20"),
            *([(f"http.{self.url}.extraHeader", self.credential.header)] if self.credential else []),
        )

    def record(self, branch: str) -> str:
        """The ref of the mirror that says where the remote has this branch of ours; ValueError for any other."""
        if branch == self.branch or not branch.startswith(self.prefix) or not is_branch_name(branch):
            raise ValueError(f"{branch!r} is not a branch under {self.prefix!r}")
        return _HEADS + branch.removeprefix(self.prefix)

    def redact(self, text: str) -> str:
        """For debug logs: a server may echo what it was sent."""
        if self.credential is None:
            return text
        for secret in (self.credential.header.rpartition(" ")[2], self.credential.token):
            text = text.replace(secret, "***")
        return text


def is_branch_name(name: str) -> bool:
    """A subset of what git allows that needs no quoting anywhere and is never an option or a revision."""
    return (
        _REF.fullmatch(name) is not None
        and len(name) <= 200
        and ".." not in name
        and not any(part.endswith((".lock", ".")) for part in name.split("/"))
    )
