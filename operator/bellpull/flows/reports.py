"""From how a case ended to what its status will say (pure)."""

from dataclasses import replace
from typing import Final

from bellpull.api import reasons
from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import PullRequestStatus
from bellpull.api.status import Report
from bellpull.errors import BellpullError, Waiting
from bellpull.flows.case import Case
from bellpull.forge.forge import Pull, Verdict
from bellpull.plan import wording
from bellpull.plan.render import Rendered, cut_diff

_UNREPORTED: Final = (reasons.OBJECT_MOVED, reasons.API_SERVER_UNAVAILABLE, reasons.INVALID)
_STATE_OF: Final = {
    reasons.NOT_ADMITTED: reasons.DENIED,
    reasons.PATH_MISSING: reasons.REFUSED,
    reasons.WORKLOAD_MISSING: reasons.REFUSED,
    reasons.TOO_LARGE: reasons.REFUSED,
}
_SOON: Final = 10.0  # seconds; a wait that short is not worth a line in anybody's status


def proposing(case: Case, repository: ChangeRepository) -> Report:
    """Before the first push."""
    rendered = case.decision.rendered if case.decision is not None else None
    return _with_content(Report(reasons.PROPOSING, repository=repository.metadata.name), rendered)


def ended(case: Case, repository: ChangeRepository) -> Report | None:
    """How it stands now; None when the status is to stay as it is."""
    if case.error is not None:
        return _of_error(case.error, case.pull)
    decision = case.decision
    if decision is None:
        return None
    message = decision.message
    if not message and case.pull is not None:
        message = f"pull request {case.pull.number} waits for a reviewer"
    report = Report(
        decision.state,
        message,
        repository=repository.metadata.name if case.pull is not None else None,
        pull_request=_pull_request(case.pull, _verdict(case)),
        merged_modified=decision.merged_modified,
    )
    return _with_content(report, decision.rendered)


def _verdict(case: Case) -> Verdict:
    """What was last said of it; of a pull request that is no longer open nobody is asked again."""
    known = case.request.status.pull_request
    if case.pull is None or case.pull.state == "Open" or known is None:
        return case.verdict
    return Verdict(known.review or "", known.checks or "")


def _of_error(error: BellpullError, pull: Pull | None) -> Report | None:
    if error.reason in _UNREPORTED or (isinstance(error, Waiting) and error.delay is not None and error.delay <= _SOON):
        return None
    state = _STATE_OF.get(error.reason, error.reason)
    if state not in reasons.STATES:
        state = reasons.REPOSITORY_UNAVAILABLE
    return Report(state, error.message, pull_request=_pull_request(pull, Verdict()))


def _with_content(report: Report, rendered: Rendered | None) -> Report:
    if rendered is None or not rendered.steps:
        return report  # what was said of an earlier proposal stays
    return replace(
        report,
        summary=wording.summary(rendered.steps),
        changes=tuple(step.change for step in rendered.steps),
        diff=cut_diff(rendered.diff),
    )


def _pull_request(pull: Pull | None, verdict: Verdict) -> PullRequestStatus | None:
    if pull is None:
        return None
    merged = pull.state == "Merged"
    return PullRequestStatus(
        number=pull.number,
        url=pull.url,
        branch=pull.branch,
        state=pull.state,
        review=verdict.review or None,
        checks=verdict.checks or None,
        head_sha=pull.head_sha,
        merge_commit=pull.merge_commit if merged else None,
        merged_by=(pull.merged_by or None) if merged else None,
    )
