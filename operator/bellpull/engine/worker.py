"""The threads that work: take a batch from a lane, hold its Lease, walk the straight lines, plan the next look."""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.conditions import is_true
from bellpull.engine.breaker import Breaker
from bellpull.engine.lease import Leases
from bellpull.engine.poller import Poller
from bellpull.engine.queue import Queue
from bellpull.engine.router import Router
from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.flows import change, orphan, readiness
from bellpull.flows.change import Outcome
from bellpull.flows.ports import Connection, Ports, utc_now
from bellpull.objects.objects import Key, Objects
from bellpull.settings import Settings

_LOG = logging.getLogger(__name__)
_DRAIN: Final = 20.0  # seconds that a stop waits for what is being worked at
Connect = Callable[[ChangeRepository], Connection]


class Workers:
    """`connect` gives both sides of a repository, or raises what stands in the way."""

    def __init__(
        self, queue: Queue, router: Router, objects: Objects, connect: Connect, leases: Leases, settings: Settings
    ) -> None:
        self._queue, self._router, self._objects = queue, router, objects
        self._connect, self._leases, self._settings = connect, leases, settings
        self._pollers: dict[str, Poller] = {}
        self._breakers: dict[str, Breaker] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"worker-{number}") for number in range(settings.workers)
        ]
        self._renewer = threading.Thread(target=self._renew, name="leases")

    def start(self) -> None:
        """Begin."""
        for thread in (*self._threads, self._renewer):
            thread.start()

    def stop(self) -> None:
        """Finish what is being worked at, within a bound, and let the Leases go last."""
        self._queue.close()
        for thread in self._threads:
            thread.join(_DRAIN)
        self._stopping.set()
        self._renewer.join(_DRAIN)
        self._leases.release_all()

    def _renew(self) -> None:
        while not self._stopping.wait(self._settings.lease_seconds / 3):
            self._leases.renew_all()

    def _run(self) -> None:
        while (taken := self._queue.take()) is not None:
            lane, keys = taken
            try:
                outcomes = self._supervised(lane, keys)
                self._plan(lane, {key: outcomes[key] for key in keys if key in outcomes})
                self._queue.forget(key for key in keys if key not in outcomes)
            finally:
                self._queue.done(lane)

    def _supervised(self, lane: str, keys: list[Key]) -> Mapping[Key, Outcome]:
        """The edge where a bug is caught: it is logged, and the keys are tried again one by one, so that the one that
        trips over it stops no other."""
        try:
            return self._work(lane, keys)
        except BellpullError as error:
            return dict.fromkeys(keys, error)
        except Exception as error:  # noqa: BLE001 - the supervised edge
            _LOG.exception("a bug tripped over %s", ", ".join(map(str, keys)))
            if len(keys) > 1:
                return {key: outcome for key in keys for outcome in self._supervised(lane, [key]).values()}
            return {keys[0]: Waiting("Bug", str(type(error).__name__))}

    def _work(self, lane: str, keys: list[Key]) -> Mapping[Key, Outcome]:
        repository = self._objects.get(ChangeRepository, "", lane) if lane else None
        if repository is None:
            self._pollers.pop(lane, None)
            return orphan.reconcile(keys, lane, self._objects, utc_now)
        self._leases.acquire(lane)
        poller, breaker = self._poller(lane, repository), self._breakers.setdefault(lane, Breaker())
        objection = breaker.objection()
        ports = Ports(
            self._objects,
            repository,
            objection or self._connection(repository),
            still_held=lambda: self._leases.check(lane),
            base_age=poller.base_age,
            rivals=self._router.rivals,
            open_in=lambda namespace: self._router.open_in(lane, namespace),
            failing_for=self._queue.failing_for,
            cleanup_seconds=self._settings.cleanup_seconds,
        )
        outcomes = change.reconcile(_of_kind(keys, "ChangeRequest"), ports)
        if polled := _of_kind(keys, "ChangeRepository"):
            outcomes[polled[0]] = self._poll(lane, repository, poller, ports)
        if targets := _of_kind(keys, "ChangeTarget"):
            outcomes |= readiness.reconcile_targets(targets, ports)
        if objection is None and breaker.learn(outcomes.values()):
            self._queue.add(lane, self._router.waiting_in(lane))
        return outcomes

    def _connection(self, repository: ChangeRepository) -> Connection | BellpullError:
        try:
            return self._connect(repository)
        except BellpullError as error:
            return error

    def _poller(self, lane: str, repository: ChangeRepository) -> Poller:
        prefix = repository.spec.pull_request.branch_prefix
        poller = self._pollers.get(lane)
        if poller is None or poller.prefix != prefix:
            poller = self._pollers[lane] = Poller(prefix)
        return poller

    def _poll(self, lane: str, repository: ChangeRepository, poller: Poller, ports: Ports) -> Outcome:
        base, problem = readiness.reconcile_repository(repository, ports)
        if problem is not None:
            return problem
        try:
            moved = poller.look(ports.forge, self._router.believed_open(lane, poller.prefix))
        except BellpullError as error:
            return error
        self._queue.add(lane, self._router.requests_of_branches(moved))
        recovered = not is_true(repository.status.conditions, "Ready")
        if poller.base_moved(base) or recovered:
            self._queue.add(lane, self._router.waiting_in(lane))
        return None

    def _plan(self, lane: str, outcomes: Mapping[Key, Outcome]) -> None:
        """When each key is looked at next: soon after trouble, at leisure otherwise."""
        for key, outcome in outcomes.items():
            if isinstance(outcome, Waiting) and outcome.delay is None:
                self._queue.failed(self._router.lane(key), key)
            elif isinstance(outcome, Waiting):
                self._queue.troubled(key)
                self._queue.add(self._router.lane(key), [key], outcome.delay or 0.0)
            elif isinstance(outcome, Stalled):
                self._queue.troubled(key)
                self._later(lane, key, outcome)
            else:
                self._queue.succeeded(key)
                self._later(lane, key, outcome)

    def _later(self, lane: str, key: Key, outcome: Outcome) -> None:
        settings = self._settings
        if key.kind == "ChangeRepository":
            self._queue.add(lane, [key], settings.poll_seconds * (4 if isinstance(outcome, Stalled) else 1))
        elif not self._router.settled(key):
            self._queue.add(lane, [key], settings.resync_seconds * random.uniform(0.8, 1.2))  # noqa: S311


def _of_kind(keys: Iterable[Key], kind: str) -> list[Key]:
    return [key for key in keys if key.kind == kind]
