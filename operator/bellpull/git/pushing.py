"""One push of many branches: how it is asked for, and how the answer reads. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bellpull.git.repository import Pushed

PUSH = ("push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--no-progress")

_LINE = re.compile(r"(?P<flag>[ *=+!-])\t[^\t]*:refs/heads/(?P<branch>[^\t]+)\t(?P<summary>.*)")
_STALE = re.compile(
    r"\(stale info\)|non-fast-forward|fetch first|cannot lock ref|failed to (update|lock)|incorrect old value"
    r"|already exists|\(failed\)|remote ref does not exist"
)


@dataclass(frozen=True)
class Move:
    """One branch, from the commit it must be at (None: it must not exist) to another ("": it is deleted)."""

    branch: str
    sha: str
    expected: str | None

    @property
    def lease(self) -> str:
        return f"--force-with-lease=refs/heads/{self.branch}:{self.expected or ''}"

    @property
    def refspec(self) -> str:
        return f"{self.sha}:refs/heads/{self.branch}"

    @property
    def done(self) -> Pushed:
        return Pushed(self.branch, self.sha or self.expected or "")

    def refused(self, answer: "Answer") -> Pushed:
        if answer.stale:
            reason = f"Branch {self.branch} is not where it was expected on the remote: look again."
        else:
            reason = f"The Git server's rules declined the push of {self.branch}: let the operator's account write it."
        return Pushed(self.branch, self.sha, reason, stale=answer.stale)


@dataclass(frozen=True)
class Answer:
    """What the remote did with one branch."""

    accepted: bool
    stale: bool  # not where it was expected, or busy: look again
    declined: bool  # by a hook that judges the push as a whole


def parse_answers(stdout: bytes) -> Mapping[str, Answer]:
    """By branch; a branch that is absent was not answered."""
    lines = stdout.decode(errors="replace").splitlines()
    return {
        matched["branch"]: _answer(matched["flag"], matched["summary"])
        for line in lines
        if (matched := _LINE.fullmatch(line))
    }


def _answer(flag: str, summary: str) -> Answer:
    refused = flag == "!"
    return Answer(
        accepted=not refused,
        stale=refused and _STALE.search(summary) is not None,
        declined=refused and "pre-receive hook declined" in summary,
    )
