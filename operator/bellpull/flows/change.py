"""The straight line of a batch of ChangeRequests: accept, observe, decide, act, report.

What stalls or waits in one request never touches another. Started again from any point, the line ends the same: the
forge and Git are the truth, the status is a cache and is written last.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from bellpull.api import reasons
from bellpull.api.changerequest import FINALIZER, ChangeRequest
from bellpull.api.changetarget import ChangeTarget, Workload
from bellpull.api.conditions import find
from bellpull.api.status import status_of
from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.flows import reports
from bellpull.flows.act import act
from bellpull.flows.case import Case, attempt
from bellpull.flows.observe import observe_and_decide
from bellpull.flows.ports import Ports
from bellpull.objects.objects import Key, Objects
from bellpull.plan import wording
from bellpull.plan.guards import check_admitted

_LOG = logging.getLogger(__name__)
_TRIED: Final = 60.0  # seconds of trying in vain before a deleted request may be let go
Outcome = BellpullError | None


def reconcile(keys: Iterable[Key], ports: Ports) -> dict[Key, Outcome]:
    """Bring every named request as far as it goes now; by key, what stopped it (None: nothing did)."""
    outcomes: dict[Key, Outcome] = {}
    cases = []
    for key in keys:
        try:
            if case := _accept(key, ports):
                cases.append(case)
        except BellpullError as error:
            outcomes[key] = error
    attempt(cases, lambda case: _find_target(case, ports))
    observe_and_decide(cases, ports)
    act(cases, ports)
    for case in cases:
        outcomes[case.key] = _report(case, ports)
    return outcomes


def _accept(key: Key, ports: Ports) -> Case | None:
    request = ports.objects.get(ChangeRequest, key.namespace, key.name)
    if request is None or (request.deleting and FINALIZER not in request.metadata.finalizers):
        return None
    return Case(key, request, wording.branch_name(request, ports.repository.spec.pull_request.branch_prefix))


def _find_target(case: Case, ports: Ports) -> None:
    """Cluster facts only: whatever is refused here has asked neither Git nor the forge anything."""
    request, name = case.request, ports.repository.metadata.name
    if request.deleting:
        return
    if request.spec.requested_by is None:
        message = "nobody knows who asked: spec.requestedBy is missing, so the admission policies are not installed"
        raise Stalled(reasons.DENIED, f"{message}; install them (deploy/) and ask again")
    target = ports.objects.get(ChangeTarget, case.key.namespace, request.spec.target)
    if target is None:
        if request.spec.cancelled:
            return
        message = f"there is no ChangeTarget {request.spec.target} in namespace {case.key.namespace}"
        raise Stalled(reasons.TARGET_NOT_FOUND, f"{message}; `kubectl get ctg` lists those that there are")
    if target.spec.repository != name:
        moved = f"target {request.spec.target} now belongs to ChangeRepository {target.spec.repository}"
        if request.status.repository == name:
            raise Stalled(reasons.DENIED, f"{moved}, but this change was proposed in {name}; cancel it and ask again")
        raise Waiting(reasons.OBJECT_MOVED, moved, 0.05)
    check_admitted(target, ports.repository, labels_of(case.key.namespace, ports))
    case.target = target


def labels_of(namespace: str, ports: Ports) -> Mapping[str, str]:
    """Labels of a namespace, asked for only where the repository selects by them."""
    selects = any(entry.selector is not None for entry in ports.repository.spec.namespaces)
    return ports.objects.namespace_labels(namespace) if selects else {}


def announce(request: ChangeRequest, before: str, objects: Objects, workload: Workload | None = None) -> None:
    """One log line and one Event (on the workload too) for a transition, after the fact."""
    state = request.status.state
    if state == before:
        return
    ready = find(request.status.conditions, "Ready")
    message = ready.message if ready is not None else reasons.STATES[state].sentence
    name = f"{request.metadata.namespace}/{request.metadata.name}"
    _LOG.info("%s: %s", name, message, extra={"fields": {"request": name, "from": before, "to": state}})
    objects.event(request, "Warning" if reasons.STATES[state].stalled else "Normal", state, message, workload)


def let_go(request: ChangeRequest, repository: str, objects: Objects) -> None:
    """It cannot be cleaned up: say where, rather than keep the object and its namespace for ever."""
    pull = request.status.pull_request
    left = pull.url if pull is not None else f"a branch of it in the repository of {repository}"
    message = f"ChangeRepository {repository} cannot be used, so this may be left at the forge; close it there: {left}"
    name = f"{request.metadata.namespace}/{request.metadata.name}"
    _LOG.warning("%s: %s", name, message, extra={"fields": {"request": name, "to": reasons.ORPHANED}})
    objects.event(request, "Warning", reasons.ORPHANED, message)
    objects.set_finalizer(request, present=False)


def _overdue(case: Case, ports: Ports) -> bool:
    """Waited for long enough, and tried for long enough: neither a clock that is ahead nor the first lost reply after
    a start is a reason to leave a pull request behind."""
    asked = datetime.fromisoformat(case.request.metadata.deletion_timestamp or "")
    waited = (ports.now() - asked).total_seconds()
    return waited > ports.cleanup_seconds and ports.failing_for(case.key) >= min(_TRIED, ports.cleanup_seconds)


def _report(case: Case, ports: Ports) -> Outcome:
    try:
        if case.request.deleting and case.alive:
            ports.objects.set_finalizer(case.request, present=False)
            return None
        if case.request.deleting and _overdue(case, ports):
            let_go(case.request, ports.repository.metadata.name, ports.objects)
            return None
        report = reports.ended(case, ports.repository)
        if report is not None:
            before = case.request.status.state
            case.request = ports.objects.write_status(case.request, status_of(case.request, report, ports.now()))
            announce(case.request, before, ports.objects, case.target.spec.workload if case.target else None)
        if case.alive and case.decision is not None and case.decision.state in reasons.NOTHING_LEFT:
            ports.objects.set_finalizer(case.request, present=False)
    except BellpullError as error:
        return error
    return case.error
