"""The operator of a lab: started with its ServiceAccount's rights, but as a process of this machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

from lab.clusters import ROOT
from lab.kubeconfig import write_for_service_account
from lab.kubectl import Kubectl
from lab.processes import LabError, Processes

NAMESPACE = "bellpull-system"
NAME = "operator"
READY_WITHIN = 60


def start(directory: Path, kubectl: Kubectl, processes: Processes) -> None:
    """Start it and return when it has found the ChangeRepository `gitops` good."""
    token = kubectl("create", "token", "bellpull", "-n", NAMESPACE, "--duration=24h").stdout.strip()
    config = write_for_service_account(directory, token)
    env = os.environ | {
        "KUBECONFIG": str(config),
        "BELLPULL_NAMESPACE": NAMESPACE,
        "BELLPULL_DATA_DIR": str(directory / "data"),
        "BELLPULL_POLL_SECONDS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
    processes.start(NAME, command(env), env, append=True)
    try:
        _wait_until_ready(kubectl, processes)
    except BaseException:
        processes.stop(NAME)
        raise


def command(env: dict[str, str]) -> list[str | Path]:
    """How an operator is started; adds to its environment where the tests' coverage counts it too."""
    run = ["-m", "bellpull", "run"]
    if os.environ.get("LAB_COVERAGE") == "1":
        # One data file per process (parallel = true), beside the ones of the tests, to be combined with them.
        env["COVERAGE_FILE"] = str(ROOT / ".coverage")
        run = ["-m", "coverage", "run", f"--rcfile={ROOT / 'pyproject.toml'}", "-p", *run]
    return [_python(), *run]


def _wait_until_ready(kubectl: Kubectl, processes: Processes) -> None:
    wait = ["wait", "--for=condition=Ready", f"--timeout={READY_WITHIN}s", "changerepository/gitops"]
    # Not one blocking call: an operator that died at once is to be told at once.
    with subprocess.Popen(
        [kubectl.program, *wait], env=kubectl.environment("admin"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as waiting:
        deadline = time.monotonic() + READY_WITHIN + 10
        try:
            while waiting.poll() is None and processes.pid(NAME) is not None and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            waiting.kill()
    log = f"Its log, {processes.directory / NAME}.log, ends:{processes.tail(NAME)}"
    if processes.pid(NAME) is None:
        raise LabError(f"the operator ended at once; correct what it says and run `make operator`. {log}")
    if waiting.returncode != 0:
        status = "jsonpath={.status.conditions[?(@.type=='Ready')].message}"
        message = kubectl("get", "changerepository", "gitops", "-o", status, check=False).stdout
        raise LabError(
            f"the operator did not find the repository ready within {READY_WITHIN} s"
            f" ({message or 'it wrote no status'}); correct that and run `make operator`. {log}"
        )


def _python() -> Path:
    """The project's own Python, whichever runs the lab: the operator needs its dependencies."""
    own = ROOT / ".venv" / "bin" / "python"
    return own if own.exists() else Path(sys.executable)
