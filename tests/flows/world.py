"""A small world for a flow to work in, and what people do there."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest, ChangeRequestStatus
from bellpull.errors import BellpullError, Waiting
from bellpull.flows import change
from bellpull.flows.change import Outcome
from bellpull.flows.ports import Connection, Ports
from bellpull.forge.forge import Pull
from bellpull.git.mirror import Mirror
from bellpull.kube.store import Store
from bellpull.objects.objects import key_of
from tests.builders import DEPLOYMENT, FILE, NOW, a_repository, a_request, branch_of
from tests.doubles.api_server import ApiServer
from tests.doubles.forge import MemoryForge
from tests.git.origin import Origin


@dataclass
class World:
    """`held` is False when another operator has the Lease; `base_age` is how long a base has been known."""

    origin: Origin
    api: ApiServer
    store: Store
    forge: MemoryForge
    mirror: Mirror
    held: bool = True
    base_age: float = 60.0
    rivals: tuple[str, ...] = ()
    open_elsewhere: int = 0
    failing_for: float = 0.0
    later: float = 0.0  # seconds that the clock has gone on
    connection: BellpullError | None = None
    repository: ChangeRepository = field(default_factory=a_repository)

    @property
    def ports(self) -> Ports:
        return Ports(
            self.store,
            self.repository,
            self.connection or Connection(self.mirror, self.forge),
            still_held=self._still_held,
            base_age=lambda _: self.base_age,
            rivals=lambda _: self.rivals,
            open_in=lambda _: self.open_elsewhere,
            failing_for=lambda _: self.failing_for,
            now=lambda: NOW + timedelta(seconds=self.later),
        )

    def _still_held(self) -> None:
        if not self.held:
            raise Waiting("RepositoryUnavailable", "another operator may be at work on this repository", 1.0)

    def ask(self, *requests: ChangeRequest) -> None:
        for request in requests:
            self.api.put(request)

    def look(self, *requests: ChangeRequest) -> list[Outcome]:
        """One reconcile of these requests; what came out, in their order."""
        keys = [key_of(request) for request in requests or (a_request(),)]
        outcomes = change.reconcile(keys, self.ports)
        return [outcomes.get(key) for key in keys]

    def opened(self, request: ChangeRequest | None = None) -> Pull:
        """The request's pull request, asked for and open."""
        request = request or a_request()
        self.ask(request)
        assert self.look(request) == [None]
        return self.pulls(request)[0]

    def pulls(self, request: ChangeRequest | None = None) -> list[Pull]:
        branch = branch_of(request or a_request())
        return list(self.forge.find([branch], {})[branch])

    def stored(self, request: ChangeRequest | None = None) -> ChangeRequest | None:
        found: ChangeRequest | None = self.api.read(request or a_request())
        return found

    def status(self, request: ChangeRequest | None = None) -> ChangeRequestStatus:
        found = self.stored(request)
        assert found is not None
        return found.status

    def head(self, request: ChangeRequest | None = None) -> str:
        return self.origin.head(branch_of(request or a_request()))

    def edit(self, request: ChangeRequest | None = None, **spec: object) -> None:
        """A person sets `cancelled` or `preview`."""
        found = self.stored(request)
        assert found is not None
        generation = found.metadata.generation + 1
        metadata = found.metadata.model_copy(update={"generation": generation})
        self.api.put(found.model_copy(update={"spec": found.spec.model_copy(update=spec), "metadata": metadata}))

    def base(self, text: str, branch: str = "main") -> str:
        """A person's commit of the deployment."""
        return self.origin.commit({FILE: text}, branch)

    def merge(self, pull: Pull, replicas: int = 10) -> str:
        commit = self.base(DEPLOYMENT.replace("replicas: 3", f"replicas: {replicas}"))
        self.forge.merge(pull.number, commit)
        return commit

    def restarted(self) -> "World":
        """Another process: nothing is remembered but what stands outside."""
        return replace(self)
