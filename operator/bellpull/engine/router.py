"""Which lane a key belongs to, from what the watches have told so far.

It is a hint: a worker reads every object again, and sends back what was routed by old news.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.objects.objects import Key
from bellpull.plan import wording

ASK_AGAIN = "bellpull.dev/reconcile-at"  # any new value of this annotation asks for a look now


@dataclass(frozen=True)
class _Known:
    target: str
    repository: str  # from the status: where it was proposed
    branch: str  # without the repository's prefix
    settled: bool
    open: bool  # the status says that its pull request is open
    number: int  # of that pull request
    values: frozenset[tuple[str, str, str]]  # file, object and path of what it changes
    asked_at: str  # the annotation that asks for a look now


class Router:
    """Thread-safe: the watches write, the workers read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[Key, _Known] = {}
        self._targets: dict[Key, str] = {}  # → repository
        self._by_branch: dict[str, Key] = {}

    def saw_request(self, key: Key, request: ChangeRequest) -> list[Key]:
        """News of a request; the other requests that it is news for, because they ask for a value of it."""
        branch = wording.branch_name(request, "")
        pull, settled = request.status.pull_request, request.settled and not request.deleting
        is_open = pull is not None and pull.state == "Open"
        known = _Known(
            target=request.spec.target,
            repository=request.status.repository,
            branch=branch,
            settled=settled,
            open=is_open,
            number=pull.number if pull is not None else 0,
            asked_at=request.metadata.annotations.get(ASK_AGAIN, ""),
            values=frozenset((one.file, one.object, one.path) for one in request.status.changes),
        )
        with self._lock:
            before, self._requests[key] = self._requests.get(key), known
            self._by_branch[branch] = key
            if before is not None and (before.open, before.values) == (known.open, known.values):
                return []
            others = {*self._rivals(key, before), *self._rivals(key, known)}
            return sorted(others)

    def rivals(self, key: Key) -> tuple[str, ...]:
        """The other requests with an open pull request for a value of this one, as people name them."""
        with self._lock:
            found = sorted(self._rivals(key, self._requests.get(key)))
            return tuple(f"{one.namespace}/{one.name} (#{self._requests[one].number})" for one in found)

    def _rivals(self, key: Key, known: _Known | None) -> list[Key]:
        if known is None or not known.values:
            return []
        lane = self._lane(key)
        return [
            other
            for other, one in self._requests.items()
            if one.open and other != key and one.values & known.values and self._lane(other) == lane
        ]

    def saw_target(self, key: Key, target: ChangeTarget) -> None:
        """News of a target."""
        with self._lock:
            self._targets[key] = target.spec.repository

    def forget(self, key: Key) -> None:
        """The object is gone."""
        with self._lock:
            self._targets.pop(key, None)
            known = self._requests.pop(key, None)
            if known is not None:
                self._by_branch.pop(known.branch, None)

    def lane(self, key: Key) -> str:
        """The repository's name; empty when nobody knows it."""
        with self._lock:
            return self._lane(key)

    def asked_again(self, key: Key, request: ChangeRequest) -> bool:
        """Whether somebody has set the annotation anew since the request was last seen."""
        asked_at = request.metadata.annotations.get(ASK_AGAIN, "")
        with self._lock:
            known = self._requests.get(key)
            return known is not None and asked_at not in ("", known.asked_at)

    def keep_only(self, keys: set[Key]) -> None:
        """Forget everything else: it is gone from the cluster."""
        with self._lock:
            gone = (self._requests.keys() | self._targets.keys()) - keys
        for key in gone:
            self.forget(key)

    def open_in(self, lane: str, namespace: str) -> int:
        """How many pull requests the namespace has open, as far as the statuses say."""
        with self._lock:
            mine = ((key, known) for key, known in self._requests.items() if key.namespace == namespace and known.open)
            return sum(self._lane(key) == lane for key, _ in mine)

    def settled(self, key: Key) -> bool:
        """Whether the request was finished when it was last seen."""
        with self._lock:
            known = self._requests.get(key)
            return known is not None and known.settled

    def requests_of_target(self, key: Key) -> list[Key]:
        """The unfinished requests for a target."""
        with self._lock:
            return [
                request
                for request, known in self._requests.items()
                if not known.settled and (request.namespace, known.target) == (key.namespace, key.name)
            ]

    def waiting_in(self, lane: str) -> list[Key]:
        """Targets and unfinished requests of a repository."""
        with self._lock:
            targets = [key for key, repository in self._targets.items() if repository == lane]
            requests = [key for key, known in self._requests.items() if not known.settled and self._lane(key) == lane]
            return targets + requests

    def believed_open(self, lane: str, prefix: str) -> set[str]:
        """Branches whose pull request is open as far as the statuses say."""
        with self._lock:
            return {
                prefix + known.branch for key, known in self._requests.items() if known.open and self._lane(key) == lane
            }

    def requests_of_branches(self, branches: Iterable[str]) -> list[Key]:
        """The requests, finished ones too, that these branches (with their prefix) belong to."""
        with self._lock:
            found = (self._by_branch.get(branch.partition("/")[2]) for branch in branches)
            return [key for key in found if key is not None]

    def _lane(self, key: Key) -> str:
        if key.kind == "ChangeRepository":
            return key.name
        if key.kind == "ChangeTarget":
            return self._targets.get(key, "")
        known = self._requests.get(key)
        if known is None:
            return ""
        return known.repository or self._targets.get(Key("ChangeTarget", key.namespace, known.target), "")
