"""Third step of the line: the effects, in the one order that is safe under crashes.

Before anything exists outside, the object holds our finalizer and names the repository. Commits are deterministic, so
a push that is repeated changes nothing; a pull request is looked for again right before it is opened.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bellpull.api import reasons
from bellpull.api.status import status_of
from bellpull.errors import Stalled, Waiting
from bellpull.flows import reports
from bellpull.flows.case import Case, attempt, together
from bellpull.flows.ports import Ports
from bellpull.forge.forge import Proposal
from bellpull.git.repository import Commit, Pushed
from bellpull.plan import wording
from bellpull.plan.decide import Decision
from bellpull.plan.render import Rendered

_TURN: Final = 20.0  # seconds between two looks at whether it is a held-back request's turn
PROPOSALS: Final = 8  # in one batch: about five seconds of Gitea's time (0.1 s for a push, 0.5 s to open, each)


def act(cases: list[Case], ports: Ports) -> None:
    """Carry out what was decided."""
    proposing = [case for case in cases if case.decided("propose")]
    _hold_back([case for case in proposing if case.pull is None], ports)
    proposing = _cut([case for case in proposing if case.alive])
    attempt(proposing, lambda case: _claim(case, ports))
    _push(proposing, ports)
    _open(proposing, ports)
    attempt([case for case in cases if case.decided("propose", "report")], lambda case: _revise(case, ports))
    attempt([case for case in cases if case.decision is not None], lambda case: _close_doubles(case, ports))
    withdrawing = [case for case in cases if case.decided("withdraw")]
    attempt(withdrawing, lambda case: _close(case, ports))
    _delete([case for case in cases if case.decided("withdraw", "tidy")], ports)


def _hold_back(new: list[Case], ports: Ports) -> None:
    """No more open pull requests for a namespace than the repository's owner allows."""
    most = ports.repository.spec.max_open_per_namespace
    count = {case.key.namespace: ports.open_in(case.key.namespace) for case in new}
    for case in new:
        namespace = case.key.namespace
        count[namespace] += 1
        if count[namespace] > most:
            message = f"namespace {namespace} may have {most} pull requests open here at a time; merge or close some"
            case.error = Waiting(reasons.TOO_MANY_OPEN, message, _TURN)


def _cut(proposing: list[Case]) -> list[Case]:
    """Those whose turn it is; the others are next, behind whoever has waited longer, so that nobody waits for the
    status of the first until the last is done."""
    for case in proposing[PROPOSALS:]:
        case.error = Waiting(reasons.REPOSITORY_UNAVAILABLE, "other requests of the repository go first", 0.0)
    return proposing[:PROPOSALS]


def _claim(case: Case, ports: Ports) -> None:
    """Finalizer and repository first: enough to clean up whatever happens next."""
    case.request = ports.objects.set_finalizer(case.request, present=True)
    if case.request.status.pull_request is None:
        status = status_of(case.request, reports.proposing(case, ports.repository), ports.now())
        case.request = ports.objects.write_status(case.request, status)


def _push(cases: list[Case], ports: Ports) -> None:
    pushed: Mapping[str, Pushed] = {}

    def push() -> None:
        nonlocal pushed
        ports.still_held()
        pushed = ports.git.push([_commit(case, ports) for case in cases if case.alive])

    def look(case: Case) -> None:
        result = pushed[case.branch]
        if result.stale:
            raise Waiting(reasons.REPOSITORY_UNAVAILABLE, f"branch {case.branch} moved meanwhile", 1.0)
        if result.refused:
            raise Stalled(reasons.DENIED, result.refused)
        if case.pull is not None:
            case.pull = replace(case.pull, head_sha=result.sha)

    together(cases, push)
    attempt(cases, look)


def _commit(case: Case, ports: Ports) -> Commit:
    decision, rendered = _decision(case)
    identity = ports.repository.spec.commit
    return Commit(
        branch=case.branch,
        parent=rendered.commit,
        message=wording.commit_message(case.request, rendered, decision.was),
        name=identity.name,
        email=identity.email,
        date=datetime.fromisoformat(case.request.metadata.creation_timestamp),
        files=rendered.files,
        expected=decision.expected,
    )


def _open(cases: list[Case], ports: Ports) -> None:
    new = [case for case in cases if case.alive and case.pull is None]

    def look_again() -> None:
        found = ports.forge.find([case.branch for case in new if case.alive], {})
        for case in new:
            case.pull = next(iter(found.get(case.branch, ())), None)  # anybody's: then we do not open another

    together(new, look_again)
    attempt(new, lambda case: _open_or_adopt(case, ports))


def _open_or_adopt(case: Case, ports: Ports) -> None:
    if case.pull is None:
        ports.still_held()
        _, rendered = _decision(case)
        case.pull = ports.forge.open(
            Proposal(
                branch=case.branch,
                base=ports.repository.spec.branch,
                title=wording.title(case.request, rendered),
                body=wording.body(case.request, rendered, ports.rivals(case.key)),
            )
        )
    elif not case.pull.ours or case.pull.state != "Open":
        raise Waiting(reasons.REPOSITORY_UNAVAILABLE, f"pull request {case.pull.number} appeared meanwhile", 1.0)


def _revise(case: Case, ports: Ports) -> None:
    """An open pull request keeps saying what its change is now."""
    decision = case.decision
    if decision is not None and decision.pull is not None and (decision.body or decision.comment):
        ports.still_held()
        ports.forge.revise(decision.pull, decision.body, decision.comment)


def _close_doubles(case: Case, ports: Ports) -> None:
    if case.decision is None or case.pull is None:
        return
    for double in case.decision.doubles:
        ports.still_held()
        ports.forge.close(
            double, f"#{case.pull.number} is the pull request of this ChangeRequest; this one is a double."
        )


def _close(case: Case, ports: Ports) -> None:
    if case.pull is not None and case.pull.state == "Open" and case.decision is not None:
        ports.forge.close(case.pull, case.decision.comment)
        case.pull = replace(case.pull, state="Closed")


def _delete(cases: list[Case], ports: Ports) -> None:
    doomed = {
        case.branch: case.decision.expected
        for case in cases
        if case.alive and case.decision is not None and case.decision.expected is not None
    }
    gone: Mapping[str, Pushed] = {}

    def delete() -> None:
        nonlocal gone
        ports.still_held()
        gone = ports.git.delete(doomed)

    def look(case: Case) -> None:
        if case.branch in gone and gone[case.branch].refused:
            raise Waiting(reasons.REPOSITORY_UNAVAILABLE, f"branch {case.branch} could not be deleted", None)

    if doomed:
        together([case for case in cases if case.branch in doomed], delete)
        attempt(cases, look)


def _decision(case: Case) -> tuple[Decision, Rendered]:
    if case.decision is None or case.decision.rendered is None:
        raise RuntimeError(f"{case.key} is to be proposed without anything rendered")
    return case.decision, case.decision.rendered
