"""Adapter: a bare mirror of one remote repository, on disk, worked on with the git program.

The mirror is a cache: whatever is wrong with it, it is thrown away and made again. One `Mirror` works on
a directory at a time (its worker holds the repository's Lease), so a lock file found in it is a dead one.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bellpull.errors import Waiting
from bellpull.git.commits import is_oid, objection
from bellpull.git.failures import CorruptMirrorError, remote_failure
from bellpull.git.objects import parse_commit
from bellpull.git.paths import is_safe
from bellpull.git.pushing import PUSH, Answer, Move, parse_answers
from bellpull.git.remote import Credential, Remote
from bellpull.git.repository import Branch, Commit, Pushed, Snapshot
from bellpull.git.runner import Result, run
from bellpull.git.store import Store

__all__ = ["Credential", "Mirror"]

_FETCH = ("fetch", "--prune", "--no-tags", "--no-auto-maintenance", "--no-recurse-submodules", "--quiet", "origin")
_TIDY_EVERY = 100  # fetches
_FIRST_FETCH_SECONDS, _SECONDS = 900.0, 120.0  # a transfer that stalls ends after 20 (http.lowSpeedTime)

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Mirror:
    """`Repository` for one URL and base branch; only branches under `prefix` are ever written."""

    def __init__(
        self,
        directory: Path,
        url: str,
        branch: str,
        prefix: str,
        credential: Credential | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._remote = Remote(url, branch, prefix, credential, ca_file)
        self._store = Store(directory)
        self._fetches = 0

    def fetch(self) -> str:
        return self._mended(self._fetch)

    def branches(self, names: Iterable[str]) -> Mapping[str, Branch]:
        names_by_ref = {self._remote.record(name): name for name in names}
        heads = self._mended(lambda: self._store.heads(list(names_by_ref)))
        return {names_by_ref[ref]: parse_commit(names_by_ref[ref], oid, raw) for ref, (oid, raw) in heads.items()}

    def snapshot(self, commit: str, paths: Iterable[str]) -> Snapshot:
        if not is_oid(commit):
            raise ValueError("a snapshot is taken at a full commit id")
        asked = [path for path in dict.fromkeys(paths) if path == "" or is_safe(path)]
        return self._mended(lambda: self._store.snapshot(commit, asked))

    def push(self, commits: Sequence[Commit]) -> Mapping[str, Pushed]:
        if len({self._remote.record(commit.branch) for commit in commits}) != len(commits):
            raise ValueError("one commit a branch")
        refused = {commit.branch: reason for commit in commits if (reason := objection(commit))}
        pushed = self._mended(lambda: self._push([commit for commit in commits if commit.branch not in refused]))
        return pushed | {branch: Pushed(branch, "", reason) for branch, reason in refused.items()}

    def delete(self, branches: Mapping[str, str]) -> Mapping[str, Pushed]:
        if not all(self._remote.record(name) and is_oid(head) for name, head in branches.items()):
            raise ValueError("a branch is deleted at a full commit id")
        moves = [Move(name, "", head) for name, head in branches.items()]
        pushed = self._mended(lambda: self._move(moves))
        if not any(one.stale for one in pushed.values()):
            return pushed
        heads = self._mended(lambda: self._remote_heads(moves))
        return pushed | {move.branch: move.done for move in moves if not heads[move.branch]}

    def _push(self, commits: Sequence[Commit]) -> dict[str, Pushed]:
        made = self._store.make(commits)
        refused = {commit.branch: Pushed(commit.branch, sha, reason, not sha) for commit, sha, reason in made if reason}
        return refused | self._move([Move(one.branch, sha, one.expected) for one, sha, reason in made if not reason])

    def _move(self, moves: Sequence[Move]) -> dict[str, Pushed]:
        """One push of all; what a hook declined as a whole once more, one by one."""
        if not moves:
            return {}
        leases, refspecs = [move.lease for move in moves], [move.refspec for move in moves]
        result = self._ask((*PUSH, *leases, "origin", *refspecs), _SECONDS)
        answers = parse_answers(result.stdout)
        if not all(move.branch in answers for move in moves):
            return self._look_up(moves, result)
        declined = [move for move in moves if answers[move.branch].declined]
        pushed = {move.branch: _outcome(move, answers[move.branch]) for move in moves}
        if len(declined) > 1:
            for move in declined:
                pushed |= self._move([move])
        return pushed

    def _look_up(self, moves: Sequence[Move], result: Result) -> dict[str, Pushed]:
        """The push was not answered: it is done if the remote has it all, else the failure stands."""
        failure = remote_failure(result, self._remote)
        if not isinstance(failure, Waiting):
            raise failure
        heads = self._remote_heads(moves)
        if any(heads[move.branch] != move.sha for move in moves):
            raise failure
        return {move.branch: move.done for move in moves}

    def _remote_heads(self, moves: Sequence[Move]) -> Mapping[str, str]:
        """Where the remote has these branches now; "" where it does not have them."""
        self._fetch()
        refs = {move.branch: self._remote.record(move.branch) for move in moves}
        heads = self._store.heads(list(refs.values()))
        return {branch: heads[ref][0] if ref in heads else "" for branch, ref in refs.items()}

    def _fetch(self) -> str:
        made = self._store.prepare(self._remote.url)
        result = self._ask(_FETCH, _FIRST_FETCH_SECONDS if made else _SECONDS)
        if result.cut:
            self._store.sweep()
        if not result.ok:
            raise remote_failure(result, self._remote)
        self._fetches += 1
        if self._fetches % _TIDY_EVERY == 0:
            self._store.tidy()
        return self._store.fetched()

    def _ask(self, arguments: Sequence[str], timeout: float) -> Result:
        """The only commands that see the credential."""
        remote = self._remote
        result = run(
            self._store.directory, arguments, settings=remote.settings, ca_file=remote.ca_file, timeout=timeout
        )
        if not result.ok:
            _log.debug("git %s at %s: %s %s", arguments[0], remote.url, result.cut, remote.redact(result.stderr))
        return result

    def _mended(self, work: Callable[[], _T]) -> _T:
        """Do the work; if the mirror turns out to be unusable, make it again and try once more."""
        try:
            return work()
        except CorruptMirrorError:
            _log.warning("the mirror of %s cannot be used and is made again", self._remote.url)
        self._store.destroy()
        try:
            self._fetch()
            return work()
        except CorruptMirrorError as error:
            raise Waiting(
                "RepositoryUnavailable", "The mirror of the repository broke twice; it is made again."
            ) from error


def _outcome(move: Move, answer: Answer) -> Pushed:
    return move.done if answer.accepted else move.refused(answer)
