"""Plain manifests: a file, or a directory as kubectl reads it."""

from collections.abc import Sequence

from bellpull.api.changerequest import ChangeRequestSpec
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.edits.operations import apply
from bellpull.errors import Refused
from bellpull.plan import intent, locate
from bellpull.plan.facts import Snapshot
from bellpull.plan.placed import Placed, Step, steps_of


def place(spec: ChangeRequestSpec, target: ChangeTargetSpec, snapshot: Snapshot) -> Placed:
    """Raises Refused or Stalled, with what to do next, when the asked values cannot be placed."""
    before = locate.texts(target, snapshot, _names(target))
    after = dict(before)
    steps: list[Step] = []
    notes: list[str] = []
    read: list[str] = []
    for kind, name in _objects(spec, target):
        file, document = locate.object_in(after, kind, name, target.path)
        wishes = intent.of_config(spec) if kind == "ConfigMap" else intent.of_workload(spec, target, document)
        edited = apply(after[file], file, (kind, name, document.namespace), [wish.edit for wish in wishes])
        after[file] = edited.text
        steps += steps_of(wishes, edited.changes, file, f"{kind}/{name}")
        notes += edited.notes
        read.append(file)
    return Placed(before, after, tuple(steps), tuple(notes), tuple(dict.fromkeys(read)))


def check(target: ChangeTargetSpec, snapshot: Snapshot) -> None:
    """Raises what a request for this target would be told: path, workload, container and ConfigMap must be there."""
    files = locate.texts(target, snapshot, _names(target))
    _, workload = locate.object_in(files, target.workload.kind, target.workload.name, target.path)
    intent.check_container(target, workload)
    if target.config_map is not None:
        locate.object_in(files, "ConfigMap", target.config_map, target.path)


def _names(target: ChangeTargetSpec) -> tuple[str, ...]:
    return (target.workload.name, *((target.config_map,) if target.config_map else ()))


def _objects(spec: ChangeRequestSpec, target: ChangeTargetSpec) -> Sequence[tuple[str, str]]:
    objects: list[tuple[str, str]] = (
        [(target.workload.kind, target.workload.name)] if intent.asks_of_workload(spec) else []
    )
    if spec.config is not None:
        objects.append(("ConfigMap", config_map(target)))
    return objects


def config_map(target: ChangeTargetSpec) -> str:
    """Name of the target's ConfigMap, or Refused."""
    if target.config_map is None:
        raise Refused(f"target {target.workload.name} names no ConfigMap; its owner can set spec.configMap")
    return target.config_map
