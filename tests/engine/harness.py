"""An operator on the test's own thread: it does what a worker does, until nothing is due; the clock is the test's."""

from dataclasses import dataclass, field

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest
from bellpull.api.changetarget import ChangeTarget
from bellpull.cluster.client import Client
from bellpull.engine.lease import Leases
from bellpull.engine.queue import Queue
from bellpull.engine.router import Router
from bellpull.engine.worker import Workers
from bellpull.flows.ports import Connection
from bellpull.objects.objects import AnyObject, Key, key_of
from bellpull.settings import Settings
from tests.builders import a_target
from tests.flows.world import World

SETTINGS = Settings(identity="one", workers=2, poll_seconds=15, resync_seconds=600, lease_seconds=15)


class UntilIdle(Queue):
    """A queue that ends, instead of waiting, when nothing is due."""

    def take(self) -> tuple[str, list[Key]] | None:
        with self._changed:
            return None if self._next()[0] is None else super().take()


@dataclass
class Operator:
    world: World
    client: Client
    now: float = 0.0
    router: Router = field(default_factory=Router)
    identity: str = "one"

    def __post_init__(self) -> None:
        self.queue: Queue = UntilIdle(lambda: self.now)
        leases = Leases(self.client, "bellpull-system", self.identity, 15)
        self.workers = Workers(self.queue, self.router, self.world.store, self.connect, leases, SETTINGS)
        self.router.saw_target(key_of(a_target()), a_target())

    def connect(self, _: ChangeRepository) -> Connection:
        if self.world.connection is not None:
            raise self.world.connection
        return Connection(self.world.mirror, self.world.forge)

    def hears(self, *things: AnyObject) -> None:
        """News of objects, as the watches bring it."""
        for thing in things:
            key = key_of(thing)
            if isinstance(thing, ChangeRequest):
                self.router.saw_request(key, self.world.api.read(thing))
            if isinstance(thing, ChangeTarget):
                self.router.saw_target(key, thing)
            self.queue.add(self.router.lane(key), [key])

    def work(self) -> None:
        self.workers._run()

    def asked(self, *things: AnyObject) -> None:
        for thing in things:
            self.world.api.put(thing)
        self.hears(*things)
        self.work()
        for thing in things:
            if isinstance(thing, ChangeRequest) and self.world.api.read(thing) is not None:
                self.router.saw_request(key_of(thing), self.world.api.read(thing))

    def next_look(self, method: str = "GET", ending: str = "/cart-x7k2p", within: float = 1000) -> float:
        """In how many seconds this object is read again."""
        begun = self.now
        while self.now - begun < within:
            before = len(self.world.api.asked)
            self.work()
            if any(one == (method, one[1]) and one[1].endswith(ending) for one in self.world.api.asked[before:]):
                return self.now - begun
            self.now += 0.25
        raise AssertionError("never")
