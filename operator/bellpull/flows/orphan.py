"""The short line of what has no repository: the target or the ChangeRepository does not exist."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bellpull.api import reasons
from bellpull.api.changerequest import FINALIZER, ChangeRequest
from bellpull.api.changetarget import ChangeTarget, TargetStatus
from bellpull.api.conditions import condition
from bellpull.api.status import Report, status_of
from bellpull.errors import BellpullError, Waiting
from bellpull.flows.change import Outcome, announce, let_go
from bellpull.objects.objects import Key, Objects

_GO_ON = "Bellpull goes on by itself when it exists"


def reconcile(
    keys: Iterable[Key], repository: str, objects: Objects, now: Callable[[], datetime]
) -> dict[Key, Outcome]:
    """Say so on every object; by key, what stopped that. `repository` is the missing one's name, empty when not even
    that is known."""
    outcomes: dict[Key, Outcome] = {}
    for key in keys:
        try:
            if key.kind == "ChangeRequest":
                _request(key, repository, objects, now())
            elif key.kind == "ChangeTarget":
                _target(key, repository, objects, now())
            outcomes[key] = None
        except BellpullError as error:
            outcomes[key] = error
    return outcomes


def _request(key: Key, repository: str, objects: Objects, now: datetime) -> None:
    request = objects.get(ChangeRequest, key.namespace, key.name)
    if request is None:
        return
    target = objects.get(ChangeTarget, key.namespace, request.spec.target)
    belongs = request.status.repository or (target.spec.repository if target is not None else "")
    if belongs != repository:
        # News of it came before news of its target, or it was put here long ago.
        raise Waiting(reasons.OBJECT_MOVED, f"it belongs to {belongs or 'no repository'} now", 0.5)
    if request.deleting:
        if not repository:
            # The repository is written down before anything is pushed: nothing was.
            objects.set_finalizer(request, present=False)
        elif FINALIZER in request.metadata.finalizers:
            let_go(request, repository, objects)
        return
    written = objects.write_status(request, status_of(request, _report(request, repository, key.namespace), now))
    announce(written, request.status.state, objects)


def _report(request: ChangeRequest, repository: str, namespace: str) -> Report:
    if request.spec.cancelled and request.status.pull_request is None:
        return Report(reasons.WITHDRAWN, "the change was cancelled")
    if repository:
        message = f"ChangeRepository {repository} does not exist; {_GO_ON}"
        return Report(reasons.REPOSITORY_UNAVAILABLE, message)
    message = f"there is no ChangeTarget {request.spec.target} in namespace {namespace}"
    return Report(reasons.TARGET_NOT_FOUND, f"{message}; `kubectl get ctg` lists those that there are")


def _target(key: Key, repository: str, objects: Objects, now: datetime) -> None:
    target = objects.get(ChangeTarget, key.namespace, key.name)
    if target is None:
        return
    if target.spec.repository != repository:
        raise Waiting(reasons.OBJECT_MOVED, f"it belongs to {target.spec.repository} now", 0.5)
    message = f"ChangeRepository {repository} does not exist; {_GO_ON}"
    generation = target.metadata.generation
    ready = condition("Ready", False, reasons.REPOSITORY_NOT_FOUND, message, target.status.conditions, now, generation)
    objects.write_status(target, TargetStatus(observed_generation=generation, conditions=[ready]))
