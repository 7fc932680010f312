"""Two repositories and one operator: whatever happens to the first, the requests of the second go on."""

from dataclasses import dataclass
from typing import Any, Final

from tests.lab.faults.world import Json, Lane, World

SETTINGS: Final = {"lease_seconds": "2", "poll_seconds": "0.5", "resync_seconds": "4"}


@dataclass(frozen=True)
class Pair:
    """A lane that something happens to, and another one."""

    world: World
    broken: Lane
    other: Lane

    def ask(self, lane: Lane | None = None, **spec: Any) -> str:
        """A new request, in the broken lane if nothing else is said: its name."""
        request = (lane or self.broken).request(**spec)
        self.world.apply(request, user="alice")
        return str(request["metadata"]["name"])

    def others_go_on(self) -> None:
        self.world.come_to({self.ask(self.other): "InReview"}, 20)

    def is_in_review_once(self, name: str, seconds: float = 40) -> Json:
        """In the end there is one pull request of it, and one of everything else too."""
        found = self.world.come_to({name: "InReview"}, seconds)[name]
        pulls = [
            pull["number"] for pull in self.broken.pulls() if pull["head"]["label"].startswith(f"bellpull/{name}-")
        ]
        assert pulls == [found["status"]["pullRequest"]["number"]]
        return found

    def says(self, name: str, state: str) -> str:
        """The message of a request as soon as it is in this state."""
        conditions = self.world.come_to({name: state}, 20)[name]["status"]["conditions"]
        return str(next(one["message"] for one in conditions if one["type"] == "Ready"))

    def ready(self) -> Json:
        """The Ready condition of the broken lane's ChangeRepository."""
        status = self.world.get(f"changerepositories/{self.broken.name}")["status"]
        found: Json = next(one for one in status["conditions"] if one["type"] == "Ready")
        return found
