from tests.doubles.fixtures import api, client
from tests.flows.conftest import seeded, world

__all__ = ["api", "client", "seeded", "world"]
