"""One Lease for each repository: a forge's create call may not be atomic, so one process at a time writes to it.

A holder renews; another process takes over only when it has itself watched the Lease stand still for its whole
duration, by its own monotonic clock. Clocks of different machines are never compared.
"""

import hashlib
import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bellpull.api.reasons import REPOSITORY_UNAVAILABLE
from bellpull.cluster.client import Client, Rejection
from bellpull.errors import Waiting

_LOG = logging.getLogger(__name__)
_SAFETY: Final = 2 / 3  # of the duration: after that without a renewal nothing is written any more


@dataclass(frozen=True)
class _Watched:
    version: str
    since: float


class Leases:
    """The Leases that this process holds or waits for. Thread-safe."""

    def __init__(self, client: Client, namespace: str, identity: str, seconds: float) -> None:
        self._client = client
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._identity = identity
        self._seconds = seconds
        self._held: dict[str, float] = {}  # name → monotonic time of the last renewal
        self._watched: dict[str, _Watched] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def acquire(self, repository: str) -> None:
        """Return when the Lease is held; Waiting when somebody else holds it."""
        try:
            self.check(repository)
        except Waiting:
            self._renew(repository)

    def check(self, repository: str) -> None:
        """Waiting unless the Lease is held for long enough to finish a write."""
        with self._lock:
            renewed = self._held.get(repository)
        if renewed is None or time.monotonic() - renewed > self._seconds * _SAFETY:
            raise Waiting(REPOSITORY_UNAVAILABLE, "another operator may be at work on this repository", 1.0)

    def renew_all(self) -> None:
        """Renew what is held; what cannot be renewed is let go by `check` in time."""
        with self._lock:
            names = list(self._held)
        for name in names:
            try:
                self._renew(name)
            except (Waiting, Rejection) as error:
                _LOG.warning("the Lease of repository %s could not be renewed: %s", name, error)

    def release_all(self) -> None:
        """Let the next operator begin at once."""
        with self._lock:
            names, self._held = list(self._held), {}
        for name in names:
            try:
                lease = self._client.call("GET", self._url(name))
                if _spec(lease).get("holderIdentity") == self._identity:  # never let somebody else's go
                    self._write(lease, name, holder="")
            except (Waiting, Rejection) as error:
                _LOG.warning("the Lease of repository %s could not be released: %s", name, error)

    def _renew(self, repository: str) -> None:
        """By one thread at a time: a worker and the renewer would take each other for another operator."""
        with self._lock:
            turn = self._turns.setdefault(repository, threading.Lock())
        with turn:
            self._renew_now(repository)

    def _renew_now(self, repository: str) -> None:
        begun = time.monotonic()
        try:
            lease = self._read_or_create(repository)
            if lease is not None:
                self._refuse_if_taken(repository, lease)
                self._write(lease, repository, self._identity)
        except Rejection as rejection:
            raise Waiting(REPOSITORY_UNAVAILABLE, "another operator took this repository over", 1.0) from rejection
        with self._lock:
            self._held[repository] = begun

    def _read_or_create(self, repository: str) -> dict[str, Any] | None:
        """The Lease, or None when it was created just now and is ours."""
        try:
            return self._client.call("GET", self._url(repository))
        except Rejection as rejection:
            if rejection.status != 404:
                raise
        self._client.call("POST", self._path, self._body({"name": _name(repository)}, self._identity))
        return None

    def _refuse_if_taken(self, repository: str, lease: dict[str, Any]) -> None:
        holder = _spec(lease).get("holderIdentity") or ""
        if holder in ("", self._identity):
            return
        version, now = lease["metadata"]["resourceVersion"], time.monotonic()
        with self._lock:
            self._held.pop(repository, None)
            watched = self._watched.get(repository)
            if watched is None or watched.version != version:
                watched = self._watched[repository] = _Watched(version, now)
        theirs = float(_spec(lease).get("leaseDurationSeconds") or 0)
        if now - watched.since < max(theirs, self._seconds):
            raise Waiting(REPOSITORY_UNAVAILABLE, f"operator {holder} is at work on this repository", 1.0)

    def _write(self, lease: dict[str, Any], repository: str, holder: str) -> None:
        metadata = {"name": _name(repository), "resourceVersion": lease["metadata"]["resourceVersion"]}
        self._client.call("PUT", self._url(repository), self._body(metadata, holder))

    def _body(self, metadata: dict[str, str], holder: str) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": holder, "leaseDurationSeconds": max(1, int(self._seconds)), "renewTime": now}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _url(self, repository: str) -> str:
        return f"{self._path}/{_name(repository)}"


def _spec(lease: dict[str, Any]) -> dict[str, Any]:
    """Somebody may have written a Lease without one."""
    spec: dict[str, Any] = lease.get("spec") or {}
    return spec


def _name(repository: str) -> str:
    """Short enough for any repository's name, and never two repositories with one Lease."""
    return f"bellpull-{repository[:40].rstrip('-.')}-{hashlib.sha256(repository.encode()).hexdigest()[:8]}"
