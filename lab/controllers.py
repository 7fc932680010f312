"""Two of Kubernetes' own controllers beside the lab's API server: what a deleted namespace or owner takes along.

Most of the lab needs neither, so they are built and started only when asked for. They act as the ServiceAccounts that
they have in any cluster, because Bellpull's policies know them by those names.
"""

import json
from pathlib import Path

from lab import build
from lab.kubeconfig import path_of
from lab.kubectl import Kubectl
from lab.processes import LabError, Processes, until

NAME = "controllers"
_PROBE = "controllers-probe"


def start(directory: Path, kubectl: Kubectl, processes: Processes) -> None:
    """Start them and return when a deleted namespace goes away."""
    program = build.program(build.CONTROLLERS) / build.CONTROLLERS.name
    argv: list[str | Path] = [
        program,
        f"--kubeconfig={path_of(directory, 'admin')}",
        "--controllers=namespace-controller,garbage-collector-controller",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--secure-port=0",
    ]
    processes.start(NAME, argv, append=True)
    try:
        _wait_until_at_work(kubectl, processes)
    except BaseException:
        processes.stop(NAME)
        raise


def _wait_until_at_work(kubectl: Kubectl, processes: Processes) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _PROBE}}
    kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(namespace))
    kubectl("delete", "namespace", _PROBE, "--wait=false")

    def gone() -> bool:
        found = kubectl("get", "namespace", _PROBE, "--ignore-not-found", "-o", "name", check=False)
        return (found.returncode == 0 and not found.stdout) or processes.pid(NAME) is None

    until(gone, 60, "a deleted namespace goes away", every=0.2)
    if processes.pid(NAME) is None:
        raise LabError(f"Kubernetes' controllers ended at once:{processes.tail(NAME)}")
