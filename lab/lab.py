"""One lab: a directory, the processes that belong to it, and the few things a test or a person does with it.

Any number of labs can run at once, each in its own directory; nothing is shared but the cache of built programs. What
a caller needs to know stands in `<directory>/env` as KEY=VALUE lines, values unquoted to the end of the line (a path
may contain spaces, so a shell cannot `source` it).
"""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab import build, clusters, controllers, install, kubeconfig, operate, seed
from lab import forge as forges
from lab.controlplane import ControlPlane
from lab.kubectl import Kubectl
from lab.processes import LabError, Processes

MARK, LOCK, STATE = ".bellpull-lab", "lock", "state.json"


class Lab:
    """A control plane, a forge and an operator that belong together."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.processes = Processes(self.directory)

    # What a person does: up, operator, down.

    def up(self, operator: bool = True) -> bool:
        """Make it run: fresh, or (True) as it was if it is healthy, with its objects applied again."""
        with self._alone():
            healthy = self.healthy()
            if healthy:
                install.bellpull(self._kubectl)
                self._install_story()
            else:
                self._start_fresh()
            if operator and self.operator_pid is None:
                self._start_operator()
            return healthy

    def down(self) -> None:
        """End everything that belongs to this lab; nothing if it is not there."""
        if self.directory.is_dir():
            with self._alone():
                self._stop()

    def start_operator(self) -> None:
        """(Re)start the operator alone."""
        with self._alone():
            if not self.healthy():
                raise LabError(f"no healthy lab in {self.directory}: start one with `make lab`.")
            self.processes.stop(operate.NAME)
            self._start_operator()

    def stop_operator(self) -> None:
        self.processes.stop(operate.NAME)

    def start_controllers(self) -> None:
        """Have deleted namespaces emptied, in the lab's own cluster (any other has its controllers)."""
        with self._alone():
            if isinstance(self._cluster, ControlPlane) and self.processes.pid(controllers.NAME) is None:
                controllers.start(self.directory, self._kubectl, self.processes)

    def stop_controllers(self) -> None:
        self.processes.stop(controllers.NAME)

    def restart_api_server(self, seconds_away: float) -> None:
        """Have the API server of the lab's own cluster go away for a while (any other is left alone)."""
        with self._alone():
            if isinstance(cluster := self._cluster, ControlPlane):
                cluster.restart_api_server(seconds_away)

    # What a test asks.

    @property
    def operator_pid(self) -> int | None:
        return self.processes.pid(operate.NAME)

    @property
    def env(self) -> dict[str, str]:
        """What stands in the env file; empty if there is none."""
        file = self.directory / "env"
        lines = file.read_text().splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def kubectl(
        self, *arguments: str, user: str = "admin", stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """kubectl as admin, alice, bob, mallory or operator; LabError when it fails and `check`."""
        return self._kubectl(*arguments, user=user, stdin=stdin, check=check)

    def forge(self, method: str, path: str, body: Any = None, token: str = "admin") -> tuple[int, Any]:  # noqa: S107
        """The forge's API (`/repos/…`) with the token of admin, bot or reviewer: status and parsed reply."""
        value = self.env[f"LAB_FORGE_{token.upper()}_TOKEN"]
        return forges.call(self.env["LAB_FORGE_URL"], f"token {value}", method, path, body)

    def git(self, *arguments: str) -> str:
        """Git in a private bare clone that holds exactly the forge's refs of this moment."""
        url, clone = self.env["LAB_GIT_URL"], self.directory / "clone.git"
        env = seed.git_environment(self.env["LAB_FORGE_ADMIN_TOKEN"], url)
        if not clone.exists():
            seed.git("init", "--quiet", "--bare", "--initial-branch=main", clone.name, cwd=self.directory, env=env)
        seed.git("fetch", "--quiet", "--prune", "--force", url, "+refs/*:refs/*", cwd=clone, env=env)
        return seed.git(*arguments, cwd=clone, env=env)

    @property
    def guest(self) -> bool:
        """Whether it lives in somebody's cluster, given by LAB_KUBECONFIG."""
        return (self.directory / STATE).exists() and self._state["cluster"] == clusters.Given.__name__

    def healthy(self) -> bool:
        """All its processes are alive and both servers answer."""
        if not self.env or not self._cluster.running() or self.processes.pid("gitea") is None:
            return False
        if self.kubectl("get", "--raw", "/readyz", check=False).returncode != 0:
            return False
        return self.forge("GET", "/user")[0] == 200

    # How.

    def _start_fresh(self) -> None:
        self._stop()
        self._wipe()
        self.processes = Processes(self.directory)
        cluster, kubectl, _ = clusters.choose(self.directory, self.processes)
        programs = build.program(build.GITEA)
        (self.directory / STATE).write_text(json.dumps({"cluster": type(cluster).__name__, "kubectl": str(kubectl)}))
        forge = forges.Forge(self.directory, self.processes)
        with ThreadPoolExecutor(2) as pool:
            try:
                control_plane = pool.submit(self._start_cluster, cluster)
                forge_started = pool.submit(forge.start, programs, build.assets(build.GITEA, programs))
                control_plane.result()
                forge_started.result()
                self._write_env(forge, kubectl)
                self._install_story()
                install.wait_for_admission(self._kubectl)
            except BaseException:
                # No process is started after this, so the two threads find theirs gone and end.
                self.processes.closed = True
                self._stop()
                raise

    def _start_cluster(self, cluster: clusters.Cluster) -> None:
        cluster.start()
        if isinstance(cluster, clusters.Given):
            install.forget_earlier_story(self._kubectl)
        install.bellpull(self._kubectl)

    def _install_story(self) -> None:
        values = {"GIT_URL": self.env["LAB_GIT_URL"], "BOT_TOKEN": self.env["LAB_FORGE_BOT_TOKEN"]}
        install.story(self._kubectl, self.directory / "objects", values)

    def _start_operator(self) -> None:
        operate.start(self.directory, self._kubectl, self.processes)

    def _stop(self) -> None:
        self.processes.stop(operate.NAME)
        self.processes.stop(controllers.NAME)
        if (self.directory / STATE).exists():
            self._cluster.stop()
        self.processes.stop("gitea")
        (self.directory / "env").unlink(missing_ok=True)

    @property
    def _state(self) -> dict[str, str]:
        state: dict[str, str] = json.loads((self.directory / STATE).read_text())
        return state

    @property
    def _cluster(self) -> clusters.Cluster:
        state = self._state
        return clusters.again(state["cluster"], self.directory, Path(state["kubectl"]), self.processes)

    @property
    def _kubectl(self) -> Kubectl:
        return Kubectl(Path(self._state["kubectl"]), self.directory)

    def _write_env(self, forge: forges.Forge, kubectl: Path) -> None:
        values = {
            "KUBECONFIG": kubeconfig.path_of(self.directory, "admin"),
            "LAB_KUBECONFIG_ALICE": kubeconfig.path_of(self.directory, "alice"),
            "LAB_KUBECONFIG_BOB": kubeconfig.path_of(self.directory, "bob"),
            "LAB_KUBECONFIG_MALLORY": kubeconfig.path_of(self.directory, "mallory"),
            "LAB_KUBECTL": kubectl,
            "LAB_FORGE_URL": forge.url,
            "LAB_FORGE_BOT_TOKEN": forge.tokens["bot"],
            "LAB_FORGE_ADMIN_TOKEN": forge.tokens["admin"],
            "LAB_FORGE_REVIEWER_TOKEN": forge.tokens["reviewer"],
            "LAB_GIT_URL": forge.git_url,
            "LAB_NAMESPACE": kubeconfig.NAMESPACE,
        }
        file = self.directory / "env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))

    def _wipe(self) -> None:
        """Empty the directory, if it is one of ours: never somebody's files."""
        entries = [entry for entry in self.directory.iterdir() if entry.name != LOCK]
        if entries and not (self.directory / MARK).exists():
            raise LabError(f"{self.directory} is not empty and not a lab: choose another directory.")
        (self.directory / MARK).touch()
        self.directory.chmod(0o700)  # there are tokens and keys in it
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARK:
                entry.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time per directory; the system drops the lock when its holder dies."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.directory / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as busy:
                message = f"another command is at work in {self.directory}: wait for it, or end it."
                raise LabError(message) from busy
            yield
