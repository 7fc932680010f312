"""`bellpull preview`: what a ChangeRequest would change in a directory, as a diff; no cluster and no network.

Exit codes: 0 with a unified diff that `git apply` takes on standard output (nothing to change: an empty one), 3 refused
(`Reason: message` on standard error), 2 input that cannot be used.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from bellpull.api.changerequest import SPEC_RULES, ChangeRequestSpec
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.api.kinds import CHANGE_REQUEST, CHANGE_TARGET, GROUP, VERSION
from bellpull.cli.tree import snapshot_of
from bellpull.edits.data import data_of
from bellpull.edits.documents import decode, parse
from bellpull.edits.nodes import Document
from bellpull.errors import Refused, Stalled
from bellpull.plan.intent import asks_of_workload
from bellpull.plan.render import render

REFUSED: Final = 3
INVALID: Final = 2
Spec = TypeVar("Spec", bound=BaseModel)


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
    documents = _documents(file)
    requests = [one for one in documents if one.kind == CHANGE_REQUEST.name]
    if len(requests) != 1:
        raise InvalidInputError(f"{file} holds {len(requests)} ChangeRequests; it must hold one, and its ChangeTarget")
    request = _spec(ChangeRequestSpec, requests[0])
    if not asks_of_workload(request) and request.config is None:
        raise InvalidInputError(SPEC_RULES[0]["message"])
    targets = [one for one in documents if (one.kind, one.name) == (CHANGE_TARGET.name, request.target)]
    if len(targets) != 1:
        found = f"{len(targets)} ChangeTargets named {request.target}"
        raise InvalidInputError(f"{file} holds {found}; it must hold the one that spec.target names")
    return request, _spec(ChangeTargetSpec, targets[0])


def _documents(file: str) -> Sequence[Document]:
    """Those of our API; what else stands in the file is none of our business."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return [one for one in parse(decode(data, file), file) if one.api_version == f"{GROUP}/{VERSION}"]
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read ({error.strerror}); name a file that can") from error
    except Refused as error:
        raise InvalidInputError(error.message) from error


def _spec(model: type[Spec], document: Document) -> Spec:
    try:
        data = data_of(document)
        return model.model_validate(data.get("spec") if isinstance(data, dict) else None)
    except Refused as error:
        raise InvalidInputError(error.message) from error
    except ValidationError as error:
        wrong = [f"{'.'.join(('spec', *map(str, found['loc'])))}: {found['msg']}" for found in error.errors()[:5]]
        raise InvalidInputError(f"the {document.kind} cannot be used: {'; '.join(wrong)}") from error
