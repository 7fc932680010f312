"""A forge in memory that behaves as Gitea 1.26 does (tests/lab/test_forge_contract.py), with faults on order.

It copies: one open pull request for each pair of head and base, a second one is answered with the first (what the
adapter makes of 409); a head that is not pushed yet is Waiting; numbers grow and are never used again; the head of an
open pull request follows its branch, that of a closed or merged one stays; closing twice is nothing; opening takes
hold of the branch as the real remote has it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bellpull.errors import BellpullError, Waiting
from bellpull.forge.forge import Proposal, Pull, Verdict

BOT = "bellpull-bot"


@dataclass
class MemoryForge:
    """`head` says where a branch of the remote is ("" where there is none). Implements `Forge`."""

    head: Callable[[str], str]
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: list[tuple[int, str]] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    opened: list[Proposal] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    errors: dict[str, BellpullError] = field(default_factory=dict)  # by method, until taken out
    lost: bool = False  # the next answer to open is lost, though it worked

    def open_pulls(self) -> Sequence[Pull]:
        self._ask("open_pulls")
        return [self._now(number) for number in sorted(self.pulls) if self.pulls[number].state == "Open"]

    def find(self, branches: Iterable[str], numbers: Mapping[str, int]) -> Mapping[str, Sequence[Pull]]:
        self._ask("find")
        wanted = list(branches)
        if not all(number > 0 for number in numbers.values()):
            raise ValueError("a hint is the number of a pull request")
        return {
            branch: [self._now(number) for number in sorted(self.pulls) if self.pulls[number].branch == branch]
            for branch in wanted
        }

    def open(self, proposal: Proposal) -> Pull:
        self._ask("open")
        if not self.head(proposal.branch):
            raise Waiting("RepositoryUnavailable", f"The forge does not see the branch {proposal.branch} yet.", 5.0)
        self.opened.append(proposal)
        for pull in self.open_pulls():
            if (pull.branch, pull.base) == (proposal.branch, proposal.base):
                return pull
        pull = self.add(proposal.branch, base=proposal.base, title=proposal.title, body=proposal.body)
        if self.lost:
            self.lost = False
            raise Waiting("RepositoryUnavailable", "The forge has not confirmed the pull request.", 5.0)
        return pull

    def verdict(self, pull: Pull) -> Verdict:
        self._ask("verdict")
        return self.verdicts.get(pull.number, Verdict())

    def revise(self, pull: Pull, body: str, comment: str) -> None:
        self._ask("revise")
        if body:
            self.person(pull.number, body=body)
        if comment and (pull.number, comment) not in self.comments:
            self.comments.append((pull.number, comment))

    def close(self, pull: Pull, comment: str) -> None:
        self._ask("close")
        if self.pulls[pull.number].state == "Open":
            self.comments.append((pull.number, comment))
            self.person(pull.number, state="Closed")

    def check(self) -> None:
        self._ask("check")

    # What people do.

    def add(self, branch: str, ours: bool = True, base: str = "main", title: str = "", body: str = "") -> Pull:
        number = max(self.pulls, default=0) + 1
        url = f"https://git.example.com/acme/gitops/pulls/{number}"
        self.pulls[number] = Pull(number, url, branch, base, "", "Open", ours, title, body, updated_at=str(number))
        return self._now(number)

    def foreign(self, branch: str) -> None:
        """Somebody else opens one from our branch."""
        self.add(branch, ours=False)

    def person(self, number: int, **changes: object) -> None:
        """Somebody closes, reopens, merges or touches it."""
        now = self._now(number)
        self.pulls[number] = replace(now, updated_at=f"{now.updated_at}+", **changes)  # type: ignore[arg-type]

    def merge(self, number: int, commit: str) -> None:
        self.person(number, state="Merged", merge_commit=commit, merged_by="bob")

    def _now(self, number: int) -> Pull:
        pull = self.pulls[number]
        if pull.state == "Open":
            pull = self.pulls[number] = replace(pull, head_sha=self.head(pull.branch) or pull.head_sha)
        return pull

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.errors:
            raise self.errors[what]
