"""Which cluster the lab runs in, in this order: one given on purpose, binaries given, kind, or our own build.

A given cluster is somebody's: the lab puts its objects into it, impersonates its people there, and never stops it.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from lab import build, kubeconfig
from lab.controlplane import ControlPlane
from lab.processes import LabError, Processes

ROOT = Path(__file__).resolve().parents[1]


class Cluster(Protocol):
    """A control plane to run the lab in."""

    def start(self) -> None:
        """Start it and write everybody's kubeconfig."""

    def running(self) -> bool:
        """Whether its own processes are alive (the API itself is asked elsewhere)."""

    def stop(self) -> None:
        """End what `start` started."""


class Given:
    """The cluster of `LAB_KUBECONFIG`; its user must be an admin who may impersonate."""

    def __init__(self, directory: Path, kubectl: Path, config: Path) -> None:
        self.directory, self.kubectl, self.config = directory, kubectl, config

    def start(self) -> None:
        view = [str(self.kubectl), "config", "view", "--raw", "--flatten", "--minify", "--output=json"]
        result = _run(view, {"KUBECONFIG": str(self.config)})
        kubeconfig.write_for_impersonation(self.directory, json.loads(result))

    def running(self) -> bool:
        return True

    def stop(self) -> None:
        """Nothing: it is not ours to stop."""


class Kind:
    """A kind cluster of this lab directory's own."""

    def __init__(self, directory: Path, kubectl: Path) -> None:
        self.given = Given(directory, kubectl, directory / "kind.kubeconfig")
        self.name = "bellpull-" + hashlib.sha256(os.fsencode(directory)).hexdigest()[:8]

    def start(self) -> None:
        self.stop()
        config = ROOT / "kind-config.yaml"
        _run(["kind", "create", "cluster", "--name", self.name, "--config", str(config), "--wait=180s"], self._env)
        self.given.start()

    def running(self) -> bool:
        return self.given.config.exists()

    def stop(self) -> None:
        _run(["kind", "delete", "cluster", "--name", self.name], self._env)
        self.given.config.unlink(missing_ok=True)

    @property
    def _env(self) -> dict[str, str]:
        return {"KUBECONFIG": str(self.given.config)}


def choose(directory: Path, processes: Processes) -> tuple[Cluster, Path, str]:
    """The cluster, the kubectl to use with it, and a word for what it is; builds what is missing."""
    if given := os.environ.get("LAB_KUBECONFIG"):
        config = Path(given).expanduser().resolve()
        if not config.is_file():
            raise LabError(f"LAB_KUBECONFIG={given}: there is no such file.", 2)
        kubectl = _kubectl()
        return Given(directory, kubectl, config), kubectl, "the cluster of LAB_KUBECONFIG"
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        programs = Path(assets).expanduser().resolve()
        missing = [name for name in build.CONTROLPLANE.links if not (programs / name).exists()]
        if missing:
            raise LabError(f"KUBEBUILDER_ASSETS={assets}: no {' and no '.join(missing)} in there.", 2)
        return ControlPlane(directory, programs, processes), programs / "kubectl", "etcd and kube-apiserver as given"
    if _kind_works():
        kubectl = _kubectl()
        return Kind(directory, kubectl), kubectl, "kind"
    programs = build.program(build.CONTROLPLANE)
    return ControlPlane(directory, programs, processes), programs / "kubectl", "etcd and kube-apiserver as built"


def again(kind: str, directory: Path, kubectl: Path, processes: Processes) -> Cluster:
    """The cluster of a lab started earlier, whatever the environment says today."""
    if kind == Given.__name__:
        return Given(directory, kubectl, directory / "kubeconfigs" / "admin")
    if kind == Kind.__name__:
        return Kind(directory, kubectl)
    return ControlPlane(directory, kubectl.parent, processes)


def _kubectl() -> Path:
    found = shutil.which("kubectl")
    return Path(found).absolute() if found else build.program(build.CONTROLPLANE) / "kubectl"


def _kind_works() -> bool:
    if not (shutil.which("kind") and shutil.which("docker")):
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _run(argv: list[str], env: Mapping[str, str]) -> str:
    try:
        result = subprocess.run(argv, env={**os.environ, **env}, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired as problem:
        raise LabError(f"{argv[0]} {argv[1]} took too long") from problem
    if result.returncode != 0:
        raise LabError(f"{argv[0]} {argv[1]} failed: {result.stderr.strip()}")
    return result.stdout
