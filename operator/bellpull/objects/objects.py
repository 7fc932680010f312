"""Port: our own kinds in the cluster, and the little else of it that a decision needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget, Workload
from bellpull.api.fields import Reported

Object = TypeVar("Object", ChangeRequest, ChangeTarget, ChangeRepository)
AnyObject = ChangeRequest | ChangeTarget | ChangeRepository


@dataclass(frozen=True, order=True)
class Key:
    """Which object: kind by its name, namespace empty for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def key_of(thing: AnyObject) -> Key:
    """The key of an object."""
    return Key(type(thing).__name__, thing.metadata.namespace, thing.metadata.name)


class Objects(Protocol):
    """Every method raises `Waiting("ApiServerUnavailable" | "Conflict", …)` when it must be tried again."""

    def get(self, kind: type[Object], namespace: str, name: str) -> Object | None:
        """The object as the API server has it now (a quorum read), or None; Stalled("Invalid", …) when it holds what
        this version of Bellpull does not know."""

    def all_of(self, kind: type[Object]) -> Sequence[Object]:
        """All readable objects of a kind in all namespaces."""

    @property
    def time(self) -> datetime | None:
        """The time by the cluster's clock, a moment ago (one second exact); None: not known yet."""

    def delete(self, request: ChangeRequest) -> None:
        """Ask for its deletion if it is still as it was read; nothing to do when it is gone."""

    def write_status(self, thing: Object, status: Reported) -> Object:
        """Replace the whole status if it differs, in one write that fails when the object has moved."""

    def set_finalizer(self, request: ChangeRequest, present: bool) -> ChangeRequest:
        """Put our finalizer on, or take it off; nothing to do when it is so already."""

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """Labels of a namespace; empty when it does not exist."""

    def event(
        self,
        request: ChangeRequest,
        type_: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        workload: Workload | None = None,
    ) -> None:
        """A Kubernetes Event on the request, and one on the workload if the request's namespace has it; a line in the
        log where none can be written: never a reason to stop (a namespace that is being deleted takes none)."""
