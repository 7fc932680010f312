"""The decision table: pull request seen × branch seen × base seen → one step (pure).

Everything was gathered before; nothing here asks anybody. A decision says what is to be done at Git and the forge
(if anything) and what the status will say when that is done.
"""

from dataclasses import replace
from typing import Final, Literal

from bellpull.api import reasons
from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.errors import Refused, Stalled, Waiting
from bellpull.plan import wording
from bellpull.plan.decision import Decision, Seen
from bellpull.plan.facts import Pull, Snapshot
from bellpull.plan.ownership import doubles, ours, own_head, own_pull
from bellpull.plan.render import Rendered, render

__all__ = ["Decision", "Seen", "decide"]

QUIET: Final = 3.0  # seconds; a merge at Gitea takes well under one


def decide(seen: Seen) -> Decision:
    """One step for one request; raises Stalled or Waiting where there is none."""
    decision = _decide(seen)
    return replace(decision, doubles=doubles(seen.pulls))


def _decide(seen: Seen) -> Decision:
    if foreign := _foreign(seen):
        return foreign
    pull = own_pull(seen.pulls)
    if pull is None and seen.request.status.pull_request is not None:
        number = seen.request.status.pull_request.number
        raise Waiting(reasons.REPOSITORY_UNAVAILABLE, f"the forge does not show pull request {number} now")
    if seen.request.deleting:
        return _withdrawn(seen, pull)
    if pull is not None and pull.state == "Merged":
        return _merged(seen, pull)
    if seen.request.spec.cancelled:
        return _withdrawn(seen, pull)
    if seen.request.spec.preview:
        return _previewed(seen)
    if pull is None:
        return _new(seen)
    return _closed(seen, pull) if pull.state == "Closed" else _open(seen, pull)


def _foreign(seen: Seen) -> Decision | None:
    pull = next(iter(seen.pulls), None)
    if pull is not None and not any(one.ours for one in seen.pulls):
        return Decision(
            "report",
            reasons.FOREIGN_PULL_REQUEST,
            f"pull request {pull.number} uses this change's branch {pull.branch} but was opened by somebody else; "
            "close it and delete the branch, or create a new ChangeRequest",
        )
    if seen.branch is not None and not seen.pulls and not ours(seen.branch, seen):
        return Decision(
            "report",
            reasons.FOREIGN_PULL_REQUEST,
            f"branch {seen.branch.name} exists with a commit that Bellpull did not make; delete the branch, or create "
            "a new ChangeRequest",
        )
    return None


def _merged(seen: Seen, pull: Pull) -> Decision:
    head = own_head(seen)
    step: Literal["tidy", "report"] = "report" if head is None else "tidy"
    if pull.base != seen.repository.spec.branch:
        message = f"pull request {pull.number} was merged into {pull.base}, not into {seen.repository.spec.branch}"
        return Decision(step, reasons.REJECTED, f"{message}; create a new ChangeRequest", pull=pull, expected=head)
    if seen.target is None:
        message = (
            f"pull request {pull.number} was merged, but target {seen.request.spec.target} is gone, so nobody knows"
        )
        raise Stalled(reasons.TARGET_NOT_FOUND, f"{message} where the asked values should stand; bring the target back")
    if seen.merged is None:
        raise Waiting(reasons.REPOSITORY_UNAVAILABLE, f"merge commit {pull.merge_commit[:12]} is not in Git yet")
    if not _values_stand(seen.request, seen.target, seen.merged):
        return Decision(
            step,
            reasons.REJECTED,
            f"pull request {pull.number} was merged, but without the asked values; create a new ChangeRequest if they "
            "are still wanted",
            pull=pull,
            expected=head,
        )
    by = f" by {pull.merged_by}" if pull.merged_by else ""
    message = f"pull request {pull.number} was merged{by} as {pull.merge_commit[:12]}"
    return Decision(step, reasons.MERGED, message, pull=pull, expected=head, merged_modified=_modified(seen, pull))


def _modified(seen: Seen, pull: Pull) -> bool:
    """The head that was merged was not ours, as far as branch and last status tell."""
    if seen.branch is not None and seen.branch.head == pull.head_sha:
        return not ours(seen.branch, seen)
    status = seen.request.status
    known = status.pull_request.head_sha if status.pull_request is not None else ""
    return status.state == reasons.MODIFIED or known not in ("", pull.head_sha)


def _values_stand(request: ChangeRequest, target: ChangeTarget, merged: Snapshot) -> bool:
    """The asked values stand in the files at the merge commit."""
    try:
        return not render(request.spec, target.spec, merged).steps
    except Stalled:
        return False


def _withdrawn(seen: Seen, pull: Pull | None) -> Decision:
    head = own_head(seen)
    why = "was deleted" if seen.request.deleting else "was cancelled"
    comment = f"The ChangeRequest {why}, so Bellpull closes this pull request. Nothing has changed."
    kept = (
        f"; branch {seen.branch.name} is kept for the commit that a person made on it"
        if seen.branch and not head
        else ""
    )
    message = f"the change {why}{kept}"
    return Decision("withdraw", reasons.WITHDRAWN, message, pull=pull, expected=head, comment=comment)


def _previewed(seen: Seen) -> Decision:
    rendered = _rendered(seen)
    if not rendered.steps:
        return Decision("report", reasons.NO_CHANGE, rendered=rendered)
    message = "set spec.preview to false to open the pull request"
    return Decision("report", reasons.PREVIEWED, message, rendered=rendered)


def _new(seen: Seen) -> Decision:
    rendered = _rendered(seen)
    head = seen.branch.head if seen.branch is not None else None
    if not rendered.steps:
        return Decision("report" if head is None else "tidy", reasons.NO_CHANGE, rendered=rendered, expected=head)
    _refuse_if_suspended(seen)
    return Decision("propose", reasons.IN_REVIEW, rendered=rendered, expected=head)


def _refuse_if_suspended(seen: Seen) -> None:
    if seen.repository.spec.suspend:
        name = seen.repository.metadata.name
        raise Stalled(reasons.SUSPENDED, f"ChangeRepository {name} is suspended; its owner ends that with spec.suspend")
    if seen.target is not None and seen.target.spec.suspend:
        raise Stalled(reasons.SUSPENDED, f"target {seen.target.metadata.name} is suspended; its owner ends that")


def _closed(seen: Seen, pull: Pull) -> Decision:
    if pull.closed_by_us:
        # Of a request that still stands we close none but the one whose values the base came to hold; the status of
        # it, or the branch's end, may have been lost.
        head = own_head(seen)
        message = f"the base branch came to hold every asked value, so pull request {pull.number} was closed"
        return Decision("report" if head is None else "tidy", reasons.NO_CHANGE, message, pull=pull, expected=head)
    by = f" by {pull.closed_by}" if pull.closed_by else ""
    message = f"pull request {pull.number} was closed{by}; reopen it to go on, or create a new ChangeRequest"
    return Decision("report", reasons.REJECTED, message, pull=pull)


def _open(seen: Seen, pull: Pull) -> Decision:
    branch = seen.branch
    if branch is None and _was_closed(seen):
        # A person has reopened it after its branch was gone: it cannot be merged without one.
        return replace(_new(seen), pull=pull)
    if branch is None:
        raise Waiting(
            reasons.REPOSITORY_UNAVAILABLE, f"branch {pull.branch} of pull request {pull.number} is gone", 5.0
        )
    if not ours(branch, seen):
        message = (
            f"a person pushed {branch.head[:12]} to {branch.name}, so Bellpull leaves the branch alone; merge or close "
            f"pull request {pull.number}"
        )
        return Decision("report", reasons.MODIFIED, message, pull=pull)
    rendered = _rendered(seen)
    if not rendered.steps:
        if seen.base_age < QUIET:
            # A forge moves the base before it calls the pull request merged; this may be such a moment.
            raise Waiting(reasons.REPOSITORY_UNAVAILABLE, "the base branch has just come to hold the values", QUIET)
        comment = "The base branch already holds every asked value, so there is nothing left to merge."
        return Decision(
            "withdraw", reasons.NO_CHANGE, rendered=rendered, pull=pull, expected=branch.head, comment=comment
        )
    decision = _in_review(seen, pull, rendered)
    if _base_moved_under(seen, rendered):
        _refuse_if_suspended(seen)
        decision = replace(decision, step="propose", expected=branch.head)
    return _kept_true(seen, decision, pull, rendered)


def _kept_true(seen: Seen, decision: Decision, pull: Pull, rendered: Rendered) -> Decision:
    """The body says what the change is now, unless a person has edited it; values that moved are said aloud."""
    was, now = wording.moved(seen.request.status.changes, rendered)
    comment = wording.look_again(was, now) if was else ""
    was = was or (wording.was_of(seen.branch.message) if seen.branch is not None else "")
    body = wording.body(seen.request, rendered, seen.rivals, was)
    stale = wording.is_untouched(pull.body) and not wording.same(pull.body, body)
    return replace(decision, body=body if stale else "", comment=comment, was=was)


def _was_closed(seen: Seen) -> bool:
    known = seen.request.status.pull_request
    return known is not None and known.state == "Closed"


def _base_moved_under(seen: Seen, rendered: Rendered) -> bool:
    """A file that we change is another one on the base now than where our branch stands."""
    if seen.base is None or seen.fork is None:
        return True
    return any(seen.base.entries[file] != seen.fork.entries.get(file) for file in rendered.files)


def _in_review(seen: Seen, pull: Pull, rendered: Rendered) -> Decision:
    number, verdict = pull.number, seen.verdict
    if verdict.review == "ChangesRequested":
        message = f"a reviewer of pull request {number} asked for changes: talk to them there, or cancel this change"
        return Decision("report", reasons.CHANGES_REQUESTED, message, rendered=rendered, pull=pull)
    if verdict.checks == "Failing":
        message = f"a check of pull request {number} fails: see the pull request for which"
        return Decision("report", reasons.CHECKS_FAILING, message, rendered=rendered, pull=pull)
    word = "is approved and can be merged" if verdict.review == "Approved" else "waits for a reviewer"
    beside = f"; also open for the same value: {', '.join(seen.rivals)}" if seen.rivals else ""
    return Decision("report", reasons.IN_REVIEW, f"pull request {number} {word}{beside}", rendered=rendered, pull=pull)


def _rendered(seen: Seen) -> Rendered:
    if seen.target is None or seen.base is None:
        raise Refused(f"target {seen.request.spec.target} is not known")
    return render(seen.request.spec, seen.target.spec, seen.base)
