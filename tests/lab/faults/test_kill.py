"""SIGKILL before any request of a life is passed on, and after its reply: what is started again ends the same.

First a life without faults is recorded; then, for every number in it, another life is killed there: after every reply,
and before every request that changes something (before one that only reads, the world is as after the one before it).
Eight repositories are eight lives at once: each is held at its own request, and one SIGKILL hits them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.conftest import until
from tests.lab.faults.faults import Hold, Moment
from tests.lab.faults.world import Json, Lane, World

LANES = 8
# The same identity again stands for a Lease that has run out, which test_two_operators.py waits for; and nothing but
# what happens to the request moves the operator, so that a life has the same requests every time.
SETTINGS = {"identity": "killed", "lease_seconds": "60", "poll_seconds": "600", "workers": "10"}
NOT_OF_A_LIFE = r"watch=|/leases"
Point = tuple[int, Moment]
END = {"open": "InReview", "merge": "Merged", "cancel": "Withdrawn", "delete": ""}


@dataclass(frozen=True)
class Life:
    """One request in one repository."""

    lane: Lane
    object: Json
    base: str  # of the repository before
    pulls: int  # that the repository had before

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def branch(self) -> str:
        return f"bellpull/{self.name}-{self.object['metadata']['uid'].replace('-', '')[:12]}"

    def pull(self) -> Json:
        """The one pull request that there ever was for it."""
        assert len(self.lane.pulls()) == self.pulls + 1, "pull requests of this life"
        (found,) = self.lane.pulls(self.branch)
        return found


@pytest.fixture(scope="module")
def lanes(kept_world: World) -> Iterator[list[Lane]]:
    """Repositories that are ready, and an operator."""
    made = [kept_world.lane(NOT_OF_A_LIFE) for _ in range(LANES)]
    kept_world.start(**SETTINGS)
    kept_world.ready(made)
    yield made
    kept_world.stop()


@pytest.mark.parametrize("phase", END)
def test_killed_at_any_request_it_loses_nothing_and_doubles_nothing(
    phase: str, kept_world: World, lanes: list[Lane], figure: Any
) -> None:
    trace = recorded(kept_world, lanes[0], phase)
    points: list[Point] = []
    for number, line in enumerate(trace, 1):
        points += [(number, "before"), (number, "after")] if changes(line) else [(number, "after")]
    missed = []
    for start in range(0, len(points), LANES):
        missed += killed(kept_world, lanes, phase, points[start : start + LANES])
    # A life may be shorter than the recorded one by a request that another one spared it: those are tried once more.
    for start in range(0, len(missed), LANES):
        missed = killed(kept_world, lanes, phase, missed[start : start + LANES])
    figure(f"killed at {len(points) - len(missed)} points of {len(trace)} requests ({phase}); not reached: {missed}")
    assert len(missed) <= len(points) // 10, (missed, trace)


def recorded(world: World, lane: Lane, phase: str) -> list[str]:
    """The requests of this phase of a life without faults, up to the last one that changes something."""
    (life,) = begin(world, [lane], phase)
    lane.track.calls.clear()
    (life,) = act(world, [life], phase)
    world.come_to({life.name: END[phase]})
    world.quiet([lane])
    lines = [call.line for call in lane.track.calls]
    end(world, [life], phase)
    return lines[: max(number for number, line in enumerate(lines, 1) if changes(line))]


def changes(line: str) -> bool:
    """Whether a request may leave the world as another one."""
    return not line.startswith("GET") and "upload-pack" not in line


def killed(world: World, lanes: list[Lane], phase: str, points: list[Point]) -> list[Point]:
    """One life for each point, killed there, and seen to its right end; the points that were not reached."""
    lives = begin(world, lanes[: len(points)], phase)
    holds = [Hold(*point) for point in points]
    for life, hold in zip(lives, holds, strict=True):
        life.lane.track.faults.append(hold)
    lives = act(world, lives, phase)
    for hold in holds:
        hold.held.wait(5)
    world.kill()
    for life, hold in zip(lives, holds, strict=True):
        life.lane.track.faults.remove(hold)
        hold.let_go()
    world.drop()
    world.start(**SETTINGS)
    try:
        world.come_to({life.name: END[phase] for life in lives})
        end(world, lives, phase)
    except AssertionError as error:
        where = "; ".join(
            f"{life.name}: {moment} {number}, {hold.call and hold.call.line}"
            for life, hold, (number, moment) in zip(lives, holds, points, strict=True)
        )
        raise AssertionError(f"{error}\nkilled at: {where}") from error
    return [point for point, hold in zip(points, holds, strict=True) if not hold.held.is_set()]


def begin(world: World, lanes: list[Lane], phase: str) -> list[Life]:
    """Lives up to where the phase begins."""
    world.quiet(lanes)
    lives = [Life(lane, lane.request(), lane.base(), len(lane.pulls())) for lane in lanes]
    return lives if phase == "open" else propose(world, lives)


def propose(world: World, lives: list[Life]) -> list[Life]:
    world.apply(*(life.object for life in lives), user="alice")
    now = world.come_to({life.name: "InReview" for life in lives})
    world.quiet([life.lane for life in lives])
    return [Life(life.lane, now[life.name], life.base, life.pulls) for life in lives]


def act(world: World, lives: list[Life], phase: str) -> list[Life]:
    """What begins the phase, done to all of them."""
    names = [life.name for life in lives]
    if phase == "open":
        world.apply(*(life.object for life in lives), user="alice")
        now = world.requests()
        return [Life(life.lane, now[life.name], life.base, life.pulls) for life in lives]
    if phase == "delete":
        world.lab.kubectl("delete", "chg", "-n", "shop", "--wait=false", *names, user="alice")
    for life in lives:
        if phase == "cancel":
            world.lab.kubectl(
                "patch", "chg", life.name, "-n", "shop", "--type=merge", '-p={"spec":{"cancelled":true}}', user="alice"
            )
        elif phase == "merge":
            life.lane.merge(life.object["status"]["pullRequest"]["number"])
            life.lane.nudge()
    return lives


def end(world: World, lives: list[Life], phase: str) -> None:
    """Everything is as it must be, and is cleaned up."""
    names = [life.name for life in lives]
    if phase != "open":
        until(lambda: not finalizers(world, names), f"the finalizers are gone: {names}")
    world.quiet([life.lane for life in lives])
    now = world.requests()
    for life in lives:
        CHECKS[phase](life, now.get(life.name, {}))
    world.lab.kubectl("delete", "chg", "-n", "shop", "--timeout=30s", "--ignore-not-found", *names, user="alice")
    for life in lives:
        assert not life.lane.branches(), f"{life.name} is gone, its branch is not"


def finalizers(world: World, names: list[str]) -> list[str]:
    """Who of these has one."""
    return [name for name, one in world.requests().items() if name in names and "finalizers" in one["metadata"]]


def is_open(life: Life, now: Json) -> None:
    pull = life.pull()
    assert (pull["state"], life.lane.base()) == ("open", life.base)
    assert life.lane.branches() == {life.branch: pull["head"]["sha"]}
    commit = life.lane.forge("GET", f"/git/commits/{pull['head']['sha']}")
    assert [parent["sha"] for parent in commit["parents"]] == [life.base]
    assert now["metadata"]["finalizers"] == ["bellpull.dev/pull-request"]
    assert now["status"]["pullRequest"]["number"] == pull["number"]


def is_merged(life: Life, now: Json) -> None:
    pull = life.pull()
    assert pull["merged"]
    assert pull["merge_commit_sha"] == life.lane.base() == now["status"]["pullRequest"]["mergeCommit"]
    assert not life.lane.branches()


def is_withdrawn(life: Life, now: Json) -> None:
    pull = life.pull()
    assert (pull["state"], pull["merged"], life.lane.base()) == ("closed", False, life.base)
    assert len(life.lane.comments(pull["number"])) == 1, "said once"
    assert not life.lane.branches()


CHECKS = {"open": is_open, "merge": is_merged, "cancel": is_withdrawn, "delete": is_withdrawn}
