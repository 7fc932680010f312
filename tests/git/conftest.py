import shutil
from pathlib import Path

import pytest

from bellpull.git.mirror import Mirror
from tests.git.origin import Origin, a_mirror, an_origin


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_origin(tmp_path_factory.mktemp("template")).path.parent


@pytest.fixture
def origin(tmp_path: Path, template: Path) -> Origin:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Origin(tmp_path / "origin.git", tmp_path / "clone")


@pytest.fixture
def mirror(tmp_path: Path, origin: Origin) -> Mirror:
    return a_mirror(tmp_path, origin)
