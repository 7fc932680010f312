"""Fixtures that more than one room uses; a room's conftest.py imports those it wants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bellpull.cluster.client import Client
from tests.doubles.api_server import ApiServer, serving, write_kubeconfig


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """An API server in memory."""
    with serving() as one:
        yield one


@pytest.fixture
def client(api: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The real client, configured by a kubeconfig for it."""
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, api.url)))
    return Client()
