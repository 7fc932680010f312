"""The lab's own control plane: etcd and kube-apiserver on free loopback ports, no kubelet, no controllers.

Everything a ChangeRequest meets at admission is real: CRD validation, RBAC, the policies, the audit log.
"""

import json
import ssl
import time
import urllib.request
from pathlib import Path

from lab import kubeconfig
from lab.processes import LabError, Processes, free_port, until

AUDIT_POLICY = Path(__file__).with_name("audit-policy.yaml")
STARTS = 3


class ControlPlane:
    """etcd and kube-apiserver of one lab directory; `programs` holds the two binaries."""

    def __init__(self, directory: Path, programs: Path, processes: Processes) -> None:
        self.directory = directory
        self.programs = programs
        self.processes = processes

    def start(self) -> None:
        """Start both on fresh data, write everybody's kubeconfig, return when the API server is ready."""
        tokens = kubeconfig.write_tokens(self.directory / "tokens.csv")
        for starts_left in reversed(range(STARTS)):
            server = self._start_etcd_and_api_server()
            until(lambda: self._ready(server, tokens["admin"]) or not self.running(), 90, "the API server is ready")  # noqa: B023
            if self.running():
                break
            log = self.processes.tail("etcd") + self.processes.tail("apiserver")
            self.stop()
            # Between asking for a free port and listening on it somebody else may have taken it.
            if "address already in use" not in log or not starts_left:
                raise LabError(f"the control plane did not start:{log}")
        kubeconfig.write_for_tokens(self.directory, server, self._authority, tokens)

    def running(self) -> bool:
        return all(self.processes.pid(name) for name in ("etcd", "apiserver"))

    def stop(self) -> None:
        # The API server first: it waits for its storage when that goes away before it.
        for name in ("apiserver", "etcd"):
            self.processes.stop(name, grace=5)  # in the middle of its start the API server hears no SIGTERM

    def restart_api_server(self, seconds_away: float) -> None:
        """End the API server, and after a while start it again where it was, with its storage as it was."""
        pid = self.processes.pid("apiserver")
        if pid is None:
            raise LabError("the API server does not run")
        argv = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode().rstrip("\0").split("\0")
        config = json.loads(kubeconfig.path_of(self.directory, "admin").read_text())
        self.processes.stop("apiserver", grace=3)  # it would wait a minute for its watchers
        time.sleep(seconds_away)
        self.processes.start("apiserver", argv, append=True)
        server, token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
        until(lambda: self._ready(server, token), 60, "the API server is ready again")

    @property
    def _authority(self) -> Path:
        # The API server makes this pair itself; the file holds its certificate and the authority that signed it.
        return self.directory / "certs" / "apiserver.crt"

    def _start_etcd_and_api_server(self) -> str:
        client, peer, port = free_port(), free_port(), free_port()
        etcd = [
            str(self.programs / "etcd"),
            f"--data-dir={self.directory / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls=http://127.0.0.1:{client}",
            f"--advertise-client-urls=http://127.0.0.1:{client}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
            "--log-level=warn",
        ]
        key = self._authority.with_suffix(".key")
        api_server = [
            str(self.programs / "kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{client}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--cert-dir={self._authority.parent}",
            # Service account tokens are signed with the serving key: the API server makes that one on its first
            # start, before it reads these two, and so nothing else has to make a key.
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            "--disable-admission-plugins=ServiceAccount",
            f"--audit-policy-file={AUDIT_POLICY}",
            f"--audit-log-path={self.directory / 'audit.log'}",
        ]
        self.processes.start("etcd", etcd)
        self.processes.start("apiserver", api_server)
        return f"https://127.0.0.1:{port}"

    def _ready(self, server: str, token: str) -> bool:
        try:
            trust = ssl.create_default_context(cafile=str(self._authority))
            request = urllib.request.Request(f"{server}/readyz", headers={"Authorization": f"Bearer {token}"})
            https = urllib.request.HTTPSHandler(context=trust)
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
            with opener.open(request, timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:  # no certificate yet, nobody listening yet, or not ready yet
            return False
