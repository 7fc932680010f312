"""The status of a ChangeRequest, computed once, at the end, from what came out (pure)."""

from dataclasses import dataclass
from datetime import datetime

from bellpull.api import reasons
from bellpull.api.changerequest import ChangeRequest, ChangeRequestStatus, FileChange, PullRequestStatus
from bellpull.api.conditions import Condition, condition


@dataclass(frozen=True)
class Report:
    """What came out for one request. None: nothing new was learned, so what stood in the status stays."""

    state: str
    message: str = ""
    repository: str | None = None
    summary: str | None = None
    changes: tuple[FileChange, ...] | None = None
    diff: str | None = None
    pull_request: PullRequestStatus | None = None
    merged_modified: bool = False


def status_of(request: ChangeRequest, report: Report, now: datetime) -> ChangeRequestStatus:
    """The whole new status. Its conditions follow from the state by the table in `reasons`."""
    before = request.status
    pull = report.pull_request or before.pull_request
    return ChangeRequestStatus(
        observed_generation=request.metadata.generation,
        state=report.state,
        summary=before.summary if report.summary is None else report.summary,
        repository=before.repository if report.repository is None else report.repository,
        conditions=_conditions(request, report, pull, now),
        changes=before.changes if report.changes is None else list(report.changes),
        diff=before.diff if report.diff is None else report.diff,
        pull_request=pull,
    )


def _conditions(
    request: ChangeRequest, report: Report, pull: PullRequestStatus | None, now: datetime
) -> list[Condition]:
    meaning = reasons.STATES[report.state]
    message = _sentence(report.message) if report.message else meaning.sentence

    def one(type_: str, status: bool, reason: str = report.state, text: str = message) -> Condition:
        return condition(type_, status, reason, text, request.status.conditions, now, request.metadata.generation)

    merged = report.state == reasons.MERGED
    return [
        one("Ready", meaning.ready),
        one("Reconciling", meaning.reconciling),
        one("Stalled", meaning.stalled),
        one("Finished", meaning.finished),
        one("Proposed", pull is not None, *_proposed(pull)),
        one("Merged", merged, _merged_reason(report, merged)),
    ]


def _sentence(message: str) -> str:
    return message[0].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")


def _proposed(pull: PullRequestStatus | None) -> tuple[str, str]:
    if pull is None:
        return reasons.NOT_PROPOSED, "There is no pull request."
    return reasons.PULL_REQUEST_OPENED, f"Pull request {pull.number}: {pull.url}"


def _merged_reason(report: Report, merged: bool) -> str:
    if not merged:
        return reasons.NOT_MERGED
    return reasons.MERGED_MODIFIED if report.merged_modified else reasons.MERGED
