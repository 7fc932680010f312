"""`bellpull preview`: what a ChangeRequest would change in a directory, as a diff; no cluster and no network.

Exit codes: 0 with a unified diff that `git apply` takes on standard output (nothing to change: an empty one), 3 refused
(`Reason: message` on standard error), 2 input that cannot be used.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from bellpull.api.changerequest import ChangeRequestSpec
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.cli.tree import snapshot_of
from bellpull.edits.data import data_of
from bellpull.edits.documents import decode, parse
from bellpull.errors import Refused, Stalled
from bellpull.plan.render import render

REFUSED: Final = 3
INVALID: Final = 2
_API_VERSION: Final = "bellpull.dev/v1alpha1"
_CHANGES: Final = ("image", "images", "replicas", "config")
Spec = TypeVar("Spec", bound=BaseModel)
Object = Mapping[str, object]


class InvalidInputError(Exception):
    """Why the input cannot be used, in a sentence."""


def preview(file: str, repo: str) -> int:
    """Exit code. `file` is a path, or `-` for standard input."""
    try:
        request, target = _read(file)
        if not Path(repo).is_dir():
            raise InvalidInputError(f"--repo {repo} is not a directory; name a checkout of the GitOps repository")
        rendered = render(request, target, snapshot_of(Path(repo), target.path))
    except InvalidInputError as error:
        print(f"bellpull preview: {error}", file=sys.stderr)
        return INVALID
    except Stalled as error:
        print(error, file=sys.stderr)
        return REFUSED
    for note in rendered.notes:
        print(f"note: {note}", file=sys.stderr)
    if not rendered.steps:
        print("NoChange: the files already hold every asked value", file=sys.stderr)
    sys.stdout.flush()
    sys.stdout.buffer.write(rendered.diff.encode())
    return 0


def _read(file: str) -> tuple[ChangeRequestSpec, ChangeTargetSpec]:
    objects = _objects(file)
    requests = [one for one in objects if _is(one, "ChangeRequest")]
    if len(requests) != 1:
        raise InvalidInputError(f"{file} holds {len(requests)} ChangeRequests; it must hold one, and its ChangeTarget")
    request = _spec(ChangeRequestSpec, requests[0], "ChangeRequest")
    if all(getattr(request, name) is None for name in _CHANGES):
        raise InvalidInputError(f"the ChangeRequest asks for nothing; write {', '.join(_CHANGES[:-1])} or config")
    targets = [one for one in objects if _is(one, "ChangeTarget") and _name(one) == request.target]
    if len(targets) != 1:
        found = f"{len(targets)} ChangeTargets named {request.target}"
        raise InvalidInputError(f"{file} holds {found}; it must hold the one that spec.target names")
    return request, _spec(ChangeTargetSpec, targets[0], "ChangeTarget")


def _objects(file: str) -> Sequence[Object]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        found = [data_of(document) for document in parse(decode(data, file), file)]
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read ({error.strerror})") from error
    except Refused as error:
        raise InvalidInputError(error.message) from error
    return [one for one in found if isinstance(one, dict)]


def _is(one: Object, kind: str) -> bool:
    return (one.get("apiVersion"), one.get("kind")) == (_API_VERSION, kind)


def _name(one: Object) -> object:
    metadata = one.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _spec(model: type[Spec], one: Object, kind: str) -> Spec:
    try:
        return model.model_validate(one.get("spec"))
    except ValidationError as error:
        wrong = [f"{'.'.join(('spec', *map(str, found['loc'])))}: {found['msg']}" for found in error.errors()[:5]]
        raise InvalidInputError(f"the {kind} cannot be used: {'; '.join(wrong)}") from error
