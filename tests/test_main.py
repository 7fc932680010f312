"""The command line says in a sentence what keeps the operator from starting, and exits 1."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bellpull.__main__ import main


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch):
    """`main` configures logging and drops GIT_ variables; both are put back."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("kopf", "kubernetes", "urllib3", "git")}
    handlers, level = list(root.handlers), root.level
    for name in [name for name in os.environ if name.startswith(("BELLPULL_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    yield
    root.handlers[:], root.level = handlers, level
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one)


def test_a_bad_setting_is_named_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLPULL_WORKERS", "many")
    assert main(["run"]) == 1
    assert capsys.readouterr().err.startswith("bellpull: BELLPULL_WORKERS='many' cannot be used: ")


def test_a_data_directory_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BELLPULL_DATA_DIR", str(tmp_path / "file" / "data"))
    assert main(["run"]) == 1
    assert "BELLPULL_DATA_DIR=" in capsys.readouterr().err


def test_without_a_cluster_it_says_what_to_set_and_has_forgotten_git_s_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLPULL_DATA_DIR", str(tmp_path / "a" / "b"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    assert main(["run"]) == 1
    assert "set KUBECONFIG" in capsys.readouterr().err
    assert (tmp_path / "a" / "b").is_dir()
    assert "GIT_DIR" not in os.environ


def test_help_is_quick_and_names_the_command() -> None:
    said = subprocess.run([sys.executable, "-m", "bellpull", "--help"], capture_output=True, text=True, timeout=20)
    assert said.returncode == 0
    assert "run the operator" in said.stdout


def test_a_command_that_there_is_not_is_refused() -> None:
    with pytest.raises(SystemExit) as exited:
        main(["walk"])
    assert exited.value.code == 2
