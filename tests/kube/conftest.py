from tests.doubles.fixtures import api, client

__all__ = ["api", "client"]
