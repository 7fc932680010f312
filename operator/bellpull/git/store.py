"""The bare repository on disk that a mirror keeps: what is done with it without the network."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bellpull.errors import Stalled, Waiting
from bellpull.git import commits as texts
from bellpull.git.failures import CorruptMirrorError, local_failure
from bellpull.git.listing import Listing
from bellpull.git.objects import parse_listing, parse_records
from bellpull.git.remote import BASE
from bellpull.git.repository import Commit, Snapshot
from bellpull.git.runner import Result, run

LARGEST_SNAPSHOT = 32 << 20
_IMPORT = ("fast-import", "--quiet", "--done", "--force", "--date-format=raw")
_DIFF = ("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames")
_HEADS = ("for-each-ref", "--format=%(refname) %(objectname) %(raw:size)%0a%(raw)", "--")

_log = logging.getLogger(__name__)


class Store:
    """Everything here raises `CorruptMirrorError` when what must be in the repository is not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._marker = self.directory / "mirror-of"  # written last: a directory without it is no mirror

    def prepare(self, url: str) -> bool:
        """Make it, empty, unless one of this URL is there; True if made."""
        with suppress(OSError, UnicodeDecodeError):
            if self._marker.read_text() == url:
                return False
        try:
            self.destroy()
            self.directory.mkdir(parents=True)
            self._run("init", "--quiet", "--bare", "--template=")
            self._marker.write_text(url)
        except OSError as error:
            message = "The directory of the mirror cannot be written: look at the operator's volume."
            raise Waiting("RepositoryUnavailable", message) from error
        return True

    def destroy(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def sweep(self) -> None:
        """After a git process was killed: remove what it left half-written, else the disk fills up."""
        for leftover in (*self.directory.glob("objects/**/tmp_*"), *self.directory.glob("**/*.lock")):
            with suppress(OSError):
                leftover.unlink()

    def tidy(self, loose: int = 6700) -> None:
        """Pack objects once there are many loose ones and drop those nobody needs; usually 2 ms."""
        limits = (("gc.auto", str(loose)), ("gc.autoDetach", "false"), ("gc.pruneExpire", "now"))
        if not run(self.directory, ("gc", "--auto", "--quiet"), settings=limits, timeout=600).ok:
            self.sweep()

    def fetched(self) -> str:
        """The base's commit id after a fetch: FETCH_HEAD has it, so that git need not be asked again."""
        try:
            base = (self.directory / "FETCH_HEAD").read_text(errors="replace").partition("\t")[0]
        except OSError as error:
            raise CorruptMirrorError from error
        if not texts.is_oid(base):
            raise CorruptMirrorError
        return base

    def heads(self, refs: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """Commit id and raw commit of those refs that exist."""
        if not refs:
            return {}
        stdout = self._run(*_HEADS, *refs)
        found = {words[0]: (words[1], raw) for words, raw in parse_records(stdout)}
        return {ref: found[ref] for ref in refs if ref in found}

    def snapshot(self, commit: str, asked: Sequence[str]) -> Snapshot:
        """Two processes for any number of safe paths; "" is the root directory."""
        # "x" lists the entry x, "x/" what is in it if it is a directory; neither goes through a link.
        arguments = [argument for path in asked for argument in ((path, f"{path}/") if path else (".",))]
        result = run(self.directory, ("ls-tree", "-l", "-z", "--full-tree", commit, "--", *(arguments or ["."])))
        if not result.ok:
            raise self._why_not(commit, result)
        listing = Listing(asked, parse_listing(result.stdout))
        if listing.size > LARGEST_SNAPSHOT:
            raise Stalled("TooLarge", "The files that were asked for are larger than 32 MiB together: ask for fewer.")
        return listing.snapshot(commit, self._contents(listing.oids))

    def make(self, commits: Sequence[Commit]) -> list[tuple[Commit, str, str]]:
        """Make them; each with its id and, if it must not be pushed, the reason."""
        if not commits:
            return []
        result = run(self.directory, _IMPORT, stdin=texts.import_stream(commits))
        if not result.ok:
            self._forget_crash()
            return self._make_without_orphans(commits, result)
        ids = result.stdout.decode().split()
        changes = texts.parse_changes(self._run(*_DIFF, stdin="".join(f"{sha}\n" for sha in ids).encode()))
        return [(one, sha, texts.surprise(one, changes.get(sha, ()))) for one, sha in zip(commits, ids, strict=True)]

    def _make_without_orphans(self, commits: Sequence[Commit], failed: Result) -> list[tuple[Commit, str, str]]:
        """One commit without its parent stops the whole import: set those aside and import the others."""
        there = self._have([commit.parent for commit in commits])
        orphans = [commit for commit in commits if commit.parent not in there]
        if not orphans:
            raise local_failure(failed)
        reason = "The commit it builds on is not in the repository any more: look again."
        return [(one, "", reason) for one in orphans] + self.make([one for one in commits if one.parent in there])

    def _forget_crash(self) -> None:
        for report in self.directory.glob("fast_import_crash_*"):
            report.unlink(missing_ok=True)

    def _contents(self, oids: Sequence[str]) -> Mapping[str, bytes]:
        distinct = list(dict.fromkeys(oids))
        if not distinct:
            return {}
        stdout = self._run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in distinct).encode())
        found = {words[0]: data for words, data in parse_records(stdout) if words[-1] != "missing"}
        if len(found) < len(distinct):
            raise CorruptMirrorError
        return found

    def _why_not(self, commit: str, listing: Result) -> Exception:
        _log.debug("no listing of %s: %s", commit, listing.stderr)
        if commit in self._have([commit]):
            return CorruptMirrorError()
        return Waiting("RepositoryUnavailable", f"The mirror does not have the commit {commit} yet.")

    def _have(self, commits: Sequence[str]) -> set[str]:
        """Which of the commits are there; the base must be, else nothing said about the others is worth anything."""
        questions = "".join(f"{commit}^{{tree}}\n" for commit in (BASE, *commits))
        answers = self._run("cat-file", "--batch-check", stdin=questions.encode()).decode().splitlines()
        missing = [answer.endswith(" missing") for answer in answers]
        if missing[0]:
            raise CorruptMirrorError
        return {commit for commit, is_missing in zip(commits, missing[1:], strict=True) if not is_missing}

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        result = run(self.directory, arguments, stdin=stdin)
        if not result.ok:
            _log.debug("git %s: %s", arguments[0], result.stderr)
            raise local_failure(result)
        return result.stdout
