"""The three kinds as data: what the CRDs, the store and the watches need to know of each."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from bellpull.api import changerepository, changerequest, changetarget

GROUP: Final = "bellpull.dev"
VERSION: Final = "v1alpha1"


@dataclass(frozen=True)
class Kind:
    """One custom resource. `columns` are (name, type, jsonPath) beside NAME."""

    name: str
    plural: str
    short: str
    namespaced: bool
    description: str
    model: type[Any]
    spec: type[BaseModel]
    status: type[BaseModel]
    columns: tuple[tuple[str, str, str], ...]
    selectable: tuple[str, ...] = ()
    rules: tuple[dict[str, str], ...] = ()


_AGE = ("Age", "date", ".metadata.creationTimestamp")
_READY = ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status')
_REASON = ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason')

CHANGE_REQUEST: Final = Kind(
    name="ChangeRequest",
    plural="changerequests",
    short="chg",
    namespaced=True,
    description="One wanted change. Bellpull makes it a pull request and keeps the status true until the end.",
    model=changerequest.ChangeRequest,
    spec=changerequest.ChangeRequestSpec,
    status=changerequest.ChangeRequestStatus,
    columns=(
        ("Target", "string", ".spec.target"),
        ("Change", "string", ".status.summary"),
        ("State", "string", ".status.state"),
        ("PR", "string", ".status.pullRequest.url"),
        ("By", "string", ".spec.requestedBy.username"),
        _AGE,
    ),
    selectable=(".spec.target", ".spec.requestedBy.username", ".status.state", ".status.pullRequest.state"),
    rules=tuple(changerequest.SPEC_RULES),
)
CHANGE_TARGET: Final = Kind(
    name="ChangeTarget",
    plural="changetargets",
    short="ctg",
    namespaced=True,
    description="One changeable workload: which repository, path, workload and ConfigMap.",
    model=changetarget.ChangeTarget,
    spec=changetarget.ChangeTargetSpec,
    status=changetarget.TargetStatus,
    columns=(
        ("Repository", "string", ".spec.repository"),
        ("Path", "string", ".spec.path"),
        ("Workload", "string", ".spec.workload.name"),
        _READY,
        _REASON,
        _AGE,
    ),
    selectable=(".spec.repository",),
)
CHANGE_REPOSITORY: Final = Kind(
    name="ChangeRepository",
    plural="changerepositories",
    short="crepo",
    namespaced=False,
    description="A GitOps repository with its forge and credentials, and who may change which paths in it.",
    model=changerepository.ChangeRepository,
    spec=changerepository.ChangeRepositorySpec,
    status=changerepository.RepositoryStatus,
    columns=(
        ("URL", "string", ".spec.url"),
        ("Branch", "string", ".spec.branch"),
        _READY,
        _REASON,
        _AGE,
    ),
)
KINDS: Final = (CHANGE_REQUEST, CHANGE_TARGET, CHANGE_REPOSITORY)
