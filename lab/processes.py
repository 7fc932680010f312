"""The lab's long-running processes: started with a log and a pid file, found again, and ended by pid.

A lab outlives the command that started it, so a process is known by its pid file. A pid alone proves nothing after a
crash or a reboot: before a process is signalled, its command line or environment must name this lab's directory.
"""

import atexit
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Children of this very process must be waited for, else they stay zombies; a child of an earlier command is init's.
_children: dict[int, subprocess.Popen[bytes]] = {}


@atexit.register
def _reap() -> None:
    """What has ended without being asked for (a test kills operators) is no process that was left behind."""
    for child in _children.values():
        child.poll()


class LabError(Exception):
    """What went wrong and what to do about it, in a sentence; `code` is the exit status of the command."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def free_port() -> int:
    """A loopback port nobody uses now; whoever takes it must be ready to find it taken and ask again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(probe: Callable[[], bool], seconds: float, what: str, every: float = 0.05) -> None:
    """Ask `probe` until it says yes; LabError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: still not so after {seconds:.0f} s")
        time.sleep(every)


class Processes:
    """The processes of one lab directory: `<name>.pid` and `<name>.log` in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.closed = False

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        append: bool = False,
    ) -> int:
        """Start `argv` in its own session (Ctrl-C in the terminal is for the command, not for the lab)."""
        if self.closed:
            raise LabError(f"{name} is not started: the lab is being stopped")
        with (self.directory / f"{name}.log").open("ab" if append else "wb") as log:
            child = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=dict(env) if env is not None else None,
                start_new_session=True,
            )
        _children[child.pid] = child
        (self.directory / f"{name}.pid").write_text(f"{child.pid}\n")
        return child.pid

    def pid(self, name: str) -> int | None:
        """The process of that name, if it is alive and belongs to this lab."""
        try:
            pid = int((self.directory / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None
        # A child of ours needs no proof, and in its first moment could give none: its arguments appear a little later.
        ours = pid in _children or self._is_ours(pid)
        return pid if ours and not _gone(pid) else None

    def stop(self, name: str, grace: float = 15.0) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds; nothing if it is not running."""
        pid = self.pid(name)
        for sign, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            if pid is None or _gone(pid):
                break
            os.kill(pid, sign)
            deadline = time.monotonic() + seconds
            while not _gone(pid) and time.monotonic() < deadline:
                time.sleep(0.02)
        if pid is not None and not _gone(pid):
            raise LabError(f"{name} (pid {pid}) does not end")
        (self.directory / f"{name}.pid").unlink(missing_ok=True)

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of its log, indented, for an error message."""
        try:
            text = (self.directory / f"{name}.log").read_text(errors="replace")
        except OSError:
            return ""
        return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])

    def _is_ours(self, pid: int) -> bool:
        mark = os.fsencode(self.directory) + b"/"
        try:
            process = Path("/proc") / str(pid)
            # The operator names the lab only in its environment (KUBECONFIG).
            return mark in (process / "cmdline").read_bytes() or mark in (process / "environ").read_bytes()
        except OSError:
            return False


def _gone(pid: int) -> bool:
    """Whether the process has ended and let go of its files and ports (a zombie has)."""
    if pid in _children and _children[pid].poll() is not None:
        return True
    try:
        stat = (Path("/proc") / str(pid) / "stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"
