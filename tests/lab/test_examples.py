"""The examples are documentation and fixtures at once: each is accepted by a real API server, by whom it is for."""

from pathlib import Path

import pytest

from lab.lab import Lab

EXAMPLES = sorted((Path(__file__).parents[2] / "deploy/examples").glob("*.yaml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_accepted(lab: Lab, file: Path) -> None:
    user = "alice" if file.stem.startswith("changerequest-") else "admin"
    verb: tuple[str, ...] = ("apply",) if file.stem.endswith("-apply") else ("create",)
    if user == "admin":
        verb = ("apply", "-n", "shop")
    said = lab.kubectl(*verb, "--dry-run=server", "-f", str(file), user=user).stdout
    assert "dry run" in said


def test_every_request_exists_for_create_and_for_apply() -> None:
    stems = {file.stem for file in EXAMPLES if file.stem.startswith("changerequest-")}
    assert {stem.replace("-create", "-apply") for stem in stems} == {stem for stem in stems if stem.endswith("-apply")}
