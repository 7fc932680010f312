"""From the few flat lines of a spec to edits of objects: which object, which path, which value."""

from dataclasses import dataclass
from typing import Final

from bellpull.api.changerequest import ChangeRequestSpec
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.edits.locate import find, items
from bellpull.edits.nodes import Document
from bellpull.edits.operations import Set, SetImage
from bellpull.edits.paths import Item, Key, Path
from bellpull.errors import Refused

_TEMPLATE: Final[dict[str, Path]] = {
    "CronJob": tuple(map(Key, ("spec", "jobTemplate", "spec", "template", "spec"))),
}
_COMMON_TEMPLATE: Final[Path] = tuple(map(Key, ("spec", "template", "spec")))
_SCALABLE: Final = ("Deployment", "StatefulSet")


@dataclass(frozen=True)
class Wish:
    """One edit, and the short name people know it by: image, replicas, a container, a key of the ConfigMap."""

    label: str
    edit: Set | SetImage


def asks_of_workload(spec: ChangeRequestSpec) -> bool:
    """Whether the workload itself is to change, not only its ConfigMap."""
    return spec.image is not None or spec.images is not None or spec.replicas is not None


def of_workload(spec: ChangeRequestSpec, target: ChangeTargetSpec, workload: Document) -> tuple[Wish, ...]:
    """Edits of the workload, in the order of the spec."""
    pod = _pod(target)
    tags = dict(spec.images or {})
    main = None
    if spec.image is not None:
        main = target.container or first_container(target, workload)
        if main in tags:
            raise Refused(
                f"spec.image and spec.images both name the container {main} of target {target.workload.name}; "
                "keep one of the two"
            )
        tags = {main: spec.image, **tags}
    wishes = [
        Wish("image" if name == main else name, SetImage(_image_of(name, pod, workload), tag))
        for name, tag in tags.items()
    ]
    if spec.replicas is not None:
        if target.workload.kind not in _SCALABLE:
            raise Refused(f"a {target.workload.kind} has no replicas; leave spec.replicas out for this target")
        wishes.append(Wish("replicas", Set((Key("spec"), Key("replicas")), str(spec.replicas), "int")))
    return tuple(wishes)


def of_config(spec: ChangeRequestSpec) -> tuple[Wish, ...]:
    """Edits of the target's ConfigMap."""
    return tuple(Wish(key, Set((Key("data"), Key(key)), value, "string")) for key, value in (spec.config or {}).items())


def first_container(target: ChangeTargetSpec, workload: Document) -> str:
    """Name of the only or first container."""
    pod = _pod(target)
    names = items(workload, (*pod, Key("containers")), "name")
    if not names:
        raise Refused(f"{target.workload.kind} {target.workload.name} has no containers in the file")
    return names[0]


def check_container(target: ChangeTargetSpec, workload: Document) -> None:
    """Refused unless the target's container is there."""
    find(workload, _image_of(target.container or first_container(target, workload), _pod(target), workload))


def _pod(target: ChangeTargetSpec) -> Path:
    return _TEMPLATE.get(target.workload.kind, _COMMON_TEMPLATE)


def _image_of(container: str, pod: Path, workload: Document) -> Path:
    """A container's image; init containers have their own list."""
    own = items(workload, (*pod, Key("containers")), "name")
    initial = items(workload, (*pod, Key("initContainers")), "name")
    where = "initContainers" if container not in own and container in initial else "containers"
    return (*pod, Key(where), Item("name", container), Key("image"))
