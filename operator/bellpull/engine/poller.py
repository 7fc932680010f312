"""What moved at a forge since the last look, for all open pull requests of a repository at once.

A look is one listing of the open pull requests, and the verdicts of a few of them in turn (checks can change without
the pull request's own time moving). Only what moved is looked at again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bellpull.forge.forge import Forge, Pull, Verdict

VERDICTS: Final = 10  # asked for in one look


@dataclass
class Poller:
    """Memory of one repository; lost on a restart, when everything is looked at anyway."""

    prefix: str
    base: str = ""  # at the last look
    _known: tuple[str, float] = ("", 0.0)  # newest base commit, and since when by the monotonic clock
    _seen: dict[str, tuple[str, ...]] = field(default_factory=dict)  # branch → what it looked like
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _turn: int = 0

    def base_moved(self, base: str) -> bool:
        """Whether the base branch is another commit than at the last look; the first look is no move."""
        before, self.base = self.base, base
        return before not in ("", base)

    def base_age(self, base: str) -> float:
        """Seconds that this base commit has been the newest one known."""
        if self._known[0] != base:
            self._known = (base, time.monotonic())
        return time.monotonic() - self._known[1]

    def look(self, forge: Forge, believed_open: set[str]) -> set[str]:
        """Branches whose pull request changed since the last look, and those that are open against what the statuses
        say, or the other way round: a time to the second misses what opens and closes within one."""
        pulls = [pull for pull in forge.open_pulls() if pull.ours and pull.branch.startswith(self.prefix)]
        seen: dict[str, tuple[str, ...]] = {}
        for pull in pulls:
            seen[pull.branch] = (str(pull.number), pull.updated_at, pull.head_sha, pull.base)
        moved = {branch for branch in {*seen, *self._seen} if seen.get(branch) != self._seen.get(branch)}
        moved |= believed_open ^ set(seen)
        moved |= self._changed_verdicts(pulls, forge)
        self._seen = seen  # last: what a failure above cut off is told at the next look
        return moved

    def _changed_verdicts(self, pulls: Sequence[Pull], forge: Forge) -> set[str]:
        start = self._turn % len(pulls) if pulls else 0
        chosen = (*pulls[start:], *pulls[:start])[:VERDICTS]
        known = {pull.branch: self._verdicts.get(pull.branch, Verdict()) for pull in pulls}
        said = {pull.branch: forge.verdict(pull) for pull in chosen}
        self._verdicts = known | said
        self._turn += len(chosen)
        return {branch for branch, verdict in said.items() if verdict != known[branch]}
