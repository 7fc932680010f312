"""Every ten minutes or so: everything is listed and looked at again, whatever the watches told or did not tell.

What is gone from the cluster is forgotten, what finished long ago is deleted, what is unfinished is queued.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.api.expiry import expired
from bellpull.engine.router import Router
from bellpull.errors import BellpullError
from bellpull.flows.ports import utc_now
from bellpull.objects.objects import AnyObject, Objects, key_of

_LOG = logging.getLogger(__name__)
_SKEW: Final = timedelta(minutes=5)  # between two clocks that are both taken for right


class Resync:
    """`tell` is how news of one object are taken, the same as from a watch."""

    def __init__(
        self,
        objects: Objects,
        router: Router,
        tell: Callable[[AnyObject], None],
        seconds: float,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._objects, self._router, self._tell, self._seconds, self._now = objects, router, tell, seconds, now
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resync")

    def start(self) -> None:
        """Begin; the first time comes after one whole interval, because the watches have just listed everything."""
        self._thread.start()

    def stop(self) -> None:
        """End; an interval that runs is not waited for to its end."""
        self._stopping.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter, no secret
            try:
                self.once()
            except BellpullError as error:
                _LOG.warning("the objects could not be listed: %s", error)
            except Exception:  # noqa: BLE001 - a supervised edge
                _LOG.exception("a bug in the resync; it is tried again")

    def once(self) -> None:
        """One round."""
        repositories = self._objects.all_of(ChangeRepository)
        targets = self._objects.all_of(ChangeTarget)
        requests = self._objects.all_of(ChangeRequest)
        self._router.keep_only({*map(key_of, targets), *map(key_of, requests)})
        lives = {repository.metadata.name: repository.spec.ttl_after_finished for repository in repositories}
        self._delete_expired(requests, lives)
        things: list[AnyObject] = [*repositories, *targets, *requests]
        for thing in things:
            self._tell(thing)

    def _delete_expired(self, requests: Sequence[ChangeRequest], lives: dict[str, str]) -> None:
        now, there = self._now(), self._objects.time
        if there is None or abs(now - there) > _SKEW:
            _LOG.warning("nothing is deleted for its age: the clock here says %s, the API server's %s", now, there)
            return
        for request in requests:
            life = lives.get(request.status.repository or self._router.lane(key_of(request)))
            if life is not None and expired(request, life, now):
                self._objects.delete(request)
