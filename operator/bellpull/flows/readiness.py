"""The straight lines of the two other kinds: can this target be changed, can this repository be used."""

from collections.abc import Iterable, Mapping

from bellpull.api import reasons
from bellpull.api.changerepository import ChangeRepository, RepositoryStatus
from bellpull.api.changetarget import ChangeTarget, TargetStatus
from bellpull.api.conditions import condition
from bellpull.errors import BellpullError, Waiting
from bellpull.flows.change import Outcome, labels_of
from bellpull.flows.ports import Ports
from bellpull.git.repository import Snapshot
from bellpull.objects.objects import Key, Objects
from bellpull.plan.guards import check_admitted
from bellpull.plan.render import check_target


def reconcile_targets(keys: Iterable[Key], ports: Ports) -> dict[Key, Outcome]:
    """Ready, or the reason why no change can be asked for; by key, what stopped it (None: nothing did)."""
    outcomes: dict[Key, Outcome] = {}
    targets = {}
    for key in keys:
        try:
            target = ports.objects.get(ChangeTarget, key.namespace, key.name)
            if target is not None and target.spec.repository == ports.repository.metadata.name:
                targets[key] = target
        except BellpullError as error:
            outcomes[key] = error
    snapshot, problem = _snapshot(targets, ports)
    for key, target in targets.items():
        outcomes[key] = _target(target, snapshot, problem, ports)
    return outcomes


def _snapshot(targets: Mapping[Key, ChangeTarget], ports: Ports) -> tuple[Snapshot | None, Outcome]:
    try:
        return ports.git.snapshot(ports.git.fetch(), {target.spec.path for target in targets.values()}), None
    except BellpullError as error:
        return None, Waiting(reasons.REPOSITORY_NOT_READY, f"its repository cannot be used: {error.message}")


def _target(target: ChangeTarget, snapshot: Snapshot | None, problem: Outcome, ports: Ports) -> Outcome:
    try:
        check_admitted(target, ports.repository, labels_of(target.metadata.namespace, ports))
        if snapshot is not None:
            check_target(target.spec, snapshot)
    except BellpullError as error:
        problem = error
    return report_ready(target, problem, f"changes of {target.spec.path} can be asked for", ports)


def reconcile_repository(repository: ChangeRepository, ports: Ports) -> tuple[str, Outcome]:
    """Credentials and base branch, reported as Ready: the base's commit id, or what stopped it."""
    base = ""
    problem: Outcome = None
    try:
        ports.forge.check()
        base = ports.git.fetch()
    except BellpullError as error:
        problem = error
    message = f"branch {repository.spec.branch} can be read, and pull requests can be opened"
    return base, report_ready(repository, problem, message, ports)


def report_ready(thing: ChangeTarget | ChangeRepository, problem: Outcome, message: str, ports: Ports) -> Outcome:
    """Write Ready=True with the message, or Ready=False with the problem; then the problem, or what stopped that."""
    ready = condition(
        "Ready",
        problem is None,
        problem.reason if problem else reasons.READY,
        problem.message if problem else message,
        thing.status.conditions,
        ports.now(),
        thing.metadata.generation,
    )
    try:
        _write(thing, TargetStatus(observed_generation=thing.metadata.generation, conditions=[ready]), ports.objects)
    except BellpullError as error:
        return error
    return problem


def _write(thing: ChangeTarget | ChangeRepository, status: TargetStatus, objects: Objects) -> None:
    if isinstance(thing, ChangeTarget):
        objects.write_status(thing, status)
    else:
        objects.write_status(thing, RepositoryStatus(**dict(status)))
