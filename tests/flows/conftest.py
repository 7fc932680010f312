import shutil
from pathlib import Path

import pytest

from bellpull.cluster.client import Client
from bellpull.git.mirror import Mirror
from bellpull.kube.store import Store
from tests.builders import CONFIG_MAP, DEPLOYMENT, FILE, FLAGS, a_repository, a_target
from tests.doubles.api_server import ApiServer
from tests.doubles.fixtures import api, client
from tests.doubles.forge import MemoryForge
from tests.flows.world import World
from tests.git.origin import Origin, an_origin

__all__ = ["api", "client"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An origin that holds the plain files of the builders."""
    origin = an_origin(tmp_path_factory.mktemp("seeded"))
    origin.commit({FILE: DEPLOYMENT, FLAGS: CONFIG_MAP})
    return origin.path.parent


@pytest.fixture
def world(tmp_path: Path, seeded: Path, api: ApiServer, client: Client) -> World:
    """Everything a flow works with: real git, the real store, a forge in memory."""
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    origin = Origin(tmp_path / "origin.git", tmp_path / "clone")
    world = World(
        origin,
        api,
        Store(client),
        MemoryForge(head=origin.head),
        Mirror(tmp_path / "mirror", origin.url, "main", "bellpull/"),
    )
    for thing in (a_repository(), a_target()):
        api.put(thing)
    return world
