"""Which pull request, branch and commit are this request's own: only those are closed, deleted or pushed over."""

from collections.abc import Sequence

from bellpull.api import reasons
from bellpull.plan import wording
from bellpull.plan.decision import Seen
from bellpull.plan.facts import Branch, Pull


def own_pull(pulls: Sequence[Pull]) -> Pull | None:
    """The one pull request that counts: of ours the merged one, else the lowest number. Others may ask for the same
    branch elsewhere."""
    own = [pull for pull in pulls if pull.ours]
    return next((pull for pull in own if pull.state == "Merged"), next(iter(own), None))


def doubles(pulls: Sequence[Pull]) -> tuple[Pull, ...]:
    """Open pull requests of ours beside the one that counts: two operators can make two at the same moment, because a
    forge's create call is not atomic."""
    counts = own_pull(pulls)
    return tuple(pull for pull in pulls if pull.ours and pull.state == "Open" and pull is not counts)


def ours(branch: Branch | None, seen: Seen) -> bool:
    """Whether the branch's last commit is one that we made for this request."""
    if branch is None or len(branch.parents) != 1 or wording.uid_of(branch.message) != seen.request.metadata.uid:
        return False
    status = seen.request.status
    pushed = status.pull_request.head_sha if status.pull_request and status.state != reasons.MODIFIED else ""
    return branch.committer == seen.repository.spec.commit.email or branch.head == pushed


def own_head(seen: Seen) -> str | None:
    """Where our branch stands, if it is there and its last commit ours: that much may be deleted."""
    return seen.branch.head if seen.branch is not None and ours(seen.branch, seen) else None
