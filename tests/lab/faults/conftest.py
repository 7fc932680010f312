"""One lab for all tests with faults, apart from the others': its operators die, and its API server goes away."""

from collections.abc import Iterator

import pytest

from lab.lab import Lab
from tests.lab.faults.pair import SETTINGS, Pair
from tests.lab.faults.world import World


@pytest.fixture(scope="session")
def fault_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Control plane and forge in a directory with a space in its name; no operator."""
    lab = Lab(tmp_path_factory.mktemp("the fault lab"))
    try:
        lab.up(operator=False)
        # The story's objects would only be looked at beside ours.
        lab.kubectl("delete", "changetargets", "--all", "-n", "shop")
        lab.kubectl("delete", "changerepositories", "--all")
        yield lab
    finally:
        lab.down()


@pytest.fixture
def world(fault_lab: Lab) -> Iterator[World]:
    """Repositories, proxies and operators of one test."""
    one = World(fault_lab)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def kept_world(fault_lab: Lab) -> Iterator[World]:
    """The same for all tests of a module."""
    one = World(fault_lab)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def lanes(kept_world: World) -> Iterator[Pair]:
    pair = Pair(kept_world, kept_world.lane(), kept_world.lane())
    kept_world.start(**SETTINGS)
    kept_world.ready([pair.broken, pair.other])
    yield pair
    kept_world.stop()


@pytest.fixture
def pair(lanes: Pair) -> Iterator[Pair]:
    """The two lanes, without requests of an earlier test."""
    yield lanes
    lanes.world.lab.kubectl("delete", "chg", "--all", "-n", "shop", "--timeout=60s")
    assert not lanes.broken.branches(), "nothing of ours is left"
