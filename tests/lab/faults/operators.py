"""Operators as processes of a lab, to be started with settings of a test's own, killed, and started again."""

import os
import signal
from pathlib import Path

from lab import operate
from lab.lab import Lab


class Operators:
    """`config` is the kubeconfig they all use. Each has a name, and a data directory and a log of that name."""

    def __init__(self, lab: Lab, config: Path) -> None:
        self.lab, self.config = lab, config

    def start(self, name: str = "operator-a", **settings: str) -> None:
        """Return at once: whoever needs it ready waits for what it does. A setting is BELLPULL_<NAME>."""
        env = os.environ | {
            "KUBECONFIG": str(self.config),
            "BELLPULL_NAMESPACE": operate.NAMESPACE,
            "BELLPULL_DATA_DIR": str(self.lab.directory / name),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }
        env |= {f"BELLPULL_{key.upper()}": value for key, value in settings.items()}
        self.lab.processes.start(name, operate.command(env), env, append=True)

    def stop(self, name: str = "operator-a") -> None:
        self.lab.processes.stop(name)

    def stop_all(self) -> None:
        for file in sorted(self.lab.directory.glob("operator-*.pid")):
            self.stop(file.stem)

    def kill(self, name: str = "operator-a") -> None:
        """SIGKILL, as the kernel does it when memory runs out."""
        os.kill(self.pid(name), signal.SIGKILL)
        self.stop(name)

    def pid(self, name: str = "operator-a") -> int:
        found = self.lab.processes.pid(name)
        assert found is not None, f"{name} has ended by itself:{self.said(name)}"
        return found

    def said(self, name: str = "operator-a") -> str:
        return self.lab.processes.tail(name, 25)

    def log(self, name: str = "operator-a") -> str:
        file = self.lab.directory / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""
