"""Adapter: Gitea (and Forgejo) as the forge. How it behaves was found by running 1.26; see tests/lab."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter

from bellpull.errors import Stalled, Waiting
from bellpull.forge.forge import Checks, Proposal, Pull, Review, Verdict
from bellpull.forge.gitea_api import Api, segment
from bellpull.forge.gitea_replies import COMMENTS, PULLS, REVIEWS, TIMELINE, PullReply, RepositoryReply, Status, User

_PULL = TypeAdapter(PullReply)
_REPOSITORY = TypeAdapter(RepositoryReply)
_STATUS = TypeAdapter(Status)
_USER = TypeAdapter(User)

_LOOK_AGAIN = 5.0  # seconds; creating a pull request takes up to 0.6 s, and is not atomic
_CHECKS: Mapping[str, Checks] = {"pending": "Pending", "success": "Passing", "skipped": "Passing"}


class Gitea:
    """`Forge` for one repository; `url` is its Git URL, `base` the branch our pull requests ask into."""

    def __init__(self, url: str, token: str, base: str, ca_file: Path | None = None) -> None:
        self._api = Api(url, token, ca_file)
        self._base = base

    @cached_property
    def _account(self) -> str:
        return self._api.get("/user", _USER).login

    def open_pulls(self) -> Sequence[Pull]:
        replies = self._api.pages("/pulls?state=open&sort=oldest", PULLS)
        by_number = {reply.number: reply for reply in replies if reply.is_of_this_repository}
        return [by_number[number].pull(self._account) for number in sorted(by_number)]

    def find(self, branches: Iterable[str], numbers: Mapping[str, int]) -> Mapping[str, Sequence[Pull]]:
        found: dict[str, dict[int, Pull]] = {branch: {} for branch in branches}
        if not found:
            return {}
        # The hint finds one that a person gave another base; the list finds open ones of any base.
        looked_at = [self._hinted(branch, numbers.get(branch)) or self._oldest(branch) for branch in found]
        for pull in (*self.open_pulls(), *(pull for pull in looked_at if pull)):
            if pull.branch in found:
                found[pull.branch][pull.number] = pull
        return {branch: [pulls[number] for number in sorted(pulls)] for branch, pulls in found.items()}

    def open(self, proposal: Proposal) -> Pull:
        wanted = {"head": proposal.branch, "base": proposal.base, "title": proposal.title, "body": proposal.body}
        try:
            reply = self._api.request("POST", "/pulls", wanted)
            if reply.status not in (404, 409):
                return self._api.created(reply, _PULL).pull(self._account)
        except Waiting as error:
            message = f"The forge has not confirmed the pull request of {proposal.branch}; it is looked for first."
            raise Waiting(error.reason, message, max(error.delay or 0, _LOOK_AGAIN)) from error
        return self._existing(proposal)

    def _existing(self, proposal: Proposal) -> Pull:
        """After "there is one already" and after "not found", which a repository also says soon after a push."""
        for pull in self.open_pulls():
            if (pull.branch, pull.base) == (proposal.branch, proposal.base):
                return pull
        message = f"The forge does not see the branch {proposal.branch} yet; it is looked for again."
        raise Waiting("RepositoryUnavailable", message, _LOOK_AGAIN)

    def verdict(self, pull: Pull) -> Verdict:
        return Verdict(self._review(pull), self._checks(pull.head_sha))

    def revise(self, pull: Pull, body: str, comment: str) -> None:
        if body:
            self._api.ask("PATCH", f"/pulls/{pull.number}", {"body": body})
        self._say(pull.number, comment)

    def close(self, pull: Pull, comment: str) -> None:
        now = self._api.find(f"/pulls/{pull.number}", _PULL)
        if now is None or now.state != "open":
            return
        self._say(pull.number, comment)
        self._api.ask("PATCH", f"/pulls/{pull.number}", {"state": "closed"})

    def check(self) -> None:
        login, repository = self._account, self._api.get("", _REPOSITORY)
        if repository.archived:
            raise Stalled("ForgeRefused", "The repository is archived: unarchive it or name another one.")
        if not repository.has_pull_requests:
            raise Stalled("ForgeRefused", "Pull requests are switched off for the repository: switch them on.")
        if not repository.permissions.push:
            raise Stalled("CredentialsRefused", f"{login} may only read the repository: let it write.")

    def _hinted(self, branch: str, number: int | None) -> Pull | None:
        reply = self._api.find(f"/pulls/{number}", _PULL) if number else None
        return self._ours_to_see(branch, reply)

    def _oldest(self, branch: str) -> Pull | None:
        """In any state, but only one: the oldest of this head and our base."""
        reply = self._api.find(f"/pulls/{segment(self._base)}/{segment(branch)}", _PULL)
        return self._ours_to_see(branch, reply)

    def _ours_to_see(self, branch: str, reply: PullReply | None) -> Pull | None:
        if reply is None or not reply.is_of_this_repository or reply.head.label != branch:
            return None
        pull = reply.pull(self._account)
        if pull.state != "Closed":
            return pull
        by = self._who_closed(pull.number)
        return replace(pull, closed_by=by, closed_by_us=by == self._account)

    def _who_closed(self, number: int) -> str:
        """The pull request itself does not say."""
        closed = [one.user for one in self._api.pages(f"/issues/{number}/timeline", TIMELINE) if one.type == "close"]
        return closed[-1].login if closed and closed[-1] else ""

    def _review(self, pull: Pull) -> Review:
        """A later review of a person replaces an earlier one; changes asked for by anyone outweigh approvals."""
        standing: dict[str, Review] = {}
        for review in self._api.pages(f"/pulls/{pull.number}/reviews", REVIEWS):
            if review.user is None or review.user.login == self._account:
                continue
            if review.state in ("APPROVED", "REQUEST_CHANGES"):
                standing[review.user.login] = _opinion(review.state, review.stale, review.dismissed)
        opinions = set(standing.values())
        return "ChangesRequested" if "ChangesRequested" in opinions else "Approved" if "Approved" in opinions else ""

    def _checks(self, sha: str) -> Checks:
        status = self._api.find(f"/commits/{sha}/status?limit=50", _STATUS)
        if status is None or status.total_count == 0:
            return ""
        return _CHECKS.get(status.state, "Failing")

    def _say(self, number: int, comment: str) -> None:
        """Once: what was cut off after its comment is not to comment again."""
        if not comment:
            return
        comments = self._api.get(f"/issues/{number}/comments", COMMENTS)
        if not any(one.body == comment and one.user and one.user.login == self._account for one in comments):
            self._api.ask("POST", f"/issues/{number}/comments", {"body": comment})


def _opinion(state: str, stale: bool, dismissed: bool) -> Review:
    """Approval is of the content that was seen; asking for changes stands until it is taken back."""
    if dismissed:
        return ""
    if state == "REQUEST_CHANGES":
        return "ChangesRequested"
    return "" if stale else "Approved"
