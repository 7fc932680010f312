"""The watches: the only file that imports kopf, and only for its low-level events.

kopf's own handlers, finalizers and annotations are not used: its change detection loses status when the process is
killed between two writes. An event is news of a key, nothing more; the worker reads the object again.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import kopf

from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.api.kinds import CHANGE_REPOSITORY, CHANGE_REQUEST, CHANGE_TARGET, GROUP, VERSION, Kind
from bellpull.engine.queue import Queue
from bellpull.engine.router import Router
from bellpull.errors import Stalled
from bellpull.kube.store import Store, parsed
from bellpull.objects.objects import AnyObject, Key, key_of

_LOG = logging.getLogger(__name__)


class _Patience:
    """Seconds between tries while the API server is away; endless, because after the last one kopf would give up."""

    def __iter__(self) -> Iterator[float]:
        return chain((1, 1, 2, 3, 5, 8, 13, 21), repeat(30))


class News:
    """From an event to keys in the queue."""

    def __init__(self, queue: Queue, router: Router, store: Store) -> None:
        self._queue, self._router, self._store = queue, router, store

    def tell(self, kind: Kind, event: str | None, body: dict[str, Any]) -> None:
        """`event` is ADDED, MODIFIED, DELETED, or None for what was there at the start."""
        try:
            thing: AnyObject = parsed(kind.model, body)
        except Stalled:
            return  # the store has said why; nothing of it can be trusted
        if event == "DELETED":
            self._gone(key_of(thing), thing)
        else:
            self._saw(thing, self._own(thing))

    def listed(self, thing: AnyObject) -> None:
        """The object is there, whoever wrote it last."""
        self._saw(thing, own=False)

    def _saw(self, thing: AnyObject, own: bool) -> None:
        key = key_of(thing)
        if isinstance(thing, ChangeRequest):
            self._request(key, thing, own)
        elif isinstance(thing, ChangeTarget):
            self._target(key, thing, own)
        elif not own:
            self._queue.add(key.name, [key, *self._router.waiting_in(key.name)])

    def _gone(self, key: Key, thing: AnyObject) -> None:
        affected: list[Key] = []
        if key.kind == "ChangeTarget":
            affected = self._router.requests_of_target(key)
        elif key.kind == "ChangeRepository":
            affected = self._router.waiting_in(key.name)
        self._router.forget(key)
        self._store.forget(thing.metadata.uid)
        for one in affected:
            self._queue.add(self._router.lane(one), [one])

    def _request(self, key: Key, request: ChangeRequest, own: bool) -> None:
        asked = self._router.asked_again(key, request)
        for rival in self._router.saw_request(key, request):
            self._queue.add(self._router.lane(rival), [rival])
        if asked or (not own and (request.deleting or not request.settled)):
            self._queue.add(self._router.lane(key), [key])

    def _target(self, key: Key, target: ChangeTarget, own: bool) -> None:
        self._router.saw_target(key, target)
        if own:
            return
        self._queue.add(self._router.lane(key), [key])
        for one in self._router.requests_of_target(key):
            self._queue.add(self._router.lane(one), [one])

    def _own(self, thing: AnyObject) -> bool:
        return self._store.wrote(thing.metadata.uid, thing.metadata.resource_version)


def registry(news: News) -> kopf.OperatorRegistry:
    """Watches of the three kinds, as kopf wants them."""
    handlers = kopf.OperatorRegistry()

    @kopf.on.startup(registry=handlers)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.peering.standalone = True
        settings.scanning.disabled = True
        settings.posting.enabled = False
        settings.networking.request_timeout = 30
        settings.networking.connect_timeout = 10
        settings.networking.error_backoffs = _Patience()
        settings.watching.server_timeout = 600
        settings.watching.client_timeout = 660
        settings.watching.chunk_size = 500
        settings.queueing.worker_limit = 100
        settings.queueing.idle_timeout = 0.1  # with a limit on workers, the default of 5 s starves all others

    @kopf.on.login(registry=handlers)
    async def login(**arguments: Any) -> Any:
        inside = kopf.login_with_service_account(**arguments)
        return inside if inside and not os.environ.get("KUBECONFIG") else kopf.login_with_kubeconfig(**arguments)

    for kind in (CHANGE_REPOSITORY, CHANGE_TARGET, CHANGE_REQUEST):
        kopf.on.event(GROUP, VERSION, kind.plural, registry=handlers)(_teller(news, kind))
    return handlers


def _teller(news: News, kind: Kind) -> Callable[..., Any]:
    async def tell(event: Any, **_: Any) -> None:
        news.tell(kind, event["type"], dict(event["object"]))

    return tell


def watch(news: News) -> None:
    """Watch until SIGTERM or SIGINT."""
    asyncio.run(kopf.operator(registry=registry(news), clusterwide=True, standalone=True))
