"""Runs git: one child process, a fixed argument list, an environment that nobody else can shape.

The only file that imports GitPython, and of it only `Git.execute`: the dynamic porcelain and the
object model run hooks, read configuration and accept options from data. What `execute` does not do
is done here: it only adds to the environment, its timeout kills by name and may report success,
and it reads without a bound.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from git.cmd import Git

Setting = tuple[str, str]
"""One configuration key and its value."""

_CHUNK = 1 << 16
_KEPT_OF_STDERR = 1 << 16

_SETTINGS: tuple[Setting, ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
)


@dataclass(frozen=True)
class Result:
    """What the child left behind; stderr is for classification and debug logs, never for users."""

    returncode: int
    stdout: bytes
    stderr: str
    cut: Literal["", "timeout", "overflow"] = ""  # killed by us: too slow, or more output than allowed

    @property
    def ok(self) -> bool:
        return self.returncode == 0 and not self.cut


def run(
    directory: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    settings: Iterable[Setting] = (),
    ca_file: Path | None = None,
    timeout: float = 60,
    limit: int = 64 << 20,
) -> Result:
    """Run git in the bare repository `directory`; at most `limit` bytes of output within `timeout` seconds.

    `settings` go through the environment, so a credential in them is seen neither in the list of
    processes nor on disk.
    """
    environment = _environment(directory, (*_SETTINGS, *settings), ca_file)
    command = [*_forgetting(environment), "git", f"--git-dir={directory}", *arguments]
    started = Git(directory).execute(
        command, istream=subprocess.PIPE, as_process=True, env=environment, start_new_session=True
    )
    child = started.proc
    if child is None:
        raise RuntimeError("git was started without a process")
    with child:
        try:
            return _converse(child, stdin, time.monotonic() + timeout, limit)
        finally:
            if child.returncode is None:
                _kill(child)


def _environment(directory: Path, settings: Sequence[Setting], ca_file: Path | None) -> dict[str, str]:
    environment = {
        "GIT_ASKPASS": "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(directory),  # curl looks for .netrc there
        "LANGUAGE": "C",
        "LC_ALL": "C",
        "SSH_ASKPASS": "",
        "XDG_CONFIG_HOME": str(directory),
    }
    for number, (key, value) in enumerate(settings):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    if ca_file is not None:
        environment["GIT_SSL_CAINFO"] = str(ca_file)
    return environment


def _forgetting(environment: dict[str, str]) -> list[str]:
    """`execute` can only add variables; an inherited GIT_DIR or GIT_CONFIG_PARAMETERS has to be taken away."""
    inherited = sorted(name for name in os.environ if name.startswith("GIT_") and name not in environment)
    return ["env", *(f"--unset={name}" for name in inherited)] if inherited else []


def _converse(child: "subprocess.Popen[bytes]", stdin: bytes, deadline: float, limit: int) -> Result:
    """Feed and read the child's three pipes together, so that none of them fills up and blocks the others."""
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise RuntimeError("git was started without pipes")
    unsent, stdout, stderr = memoryview(stdin), bytearray(), bytearray()
    with selectors.DefaultSelector() as pipes:
        for pipe, event in (
            (child.stdin, selectors.EVENT_WRITE),
            (child.stdout, selectors.EVENT_READ),
            (child.stderr, selectors.EVENT_READ),
        ):
            os.set_blocking(pipe.fileno(), False)
            pipes.register(pipe, event, data=pipe.close)
        while pipes.get_map():
            ready = pipes.select(max(deadline - time.monotonic(), 0))
            if not ready or len(stdout) > limit:
                return _cut(child, stdout, stderr, "overflow" if ready else "timeout")
            for key, _ in ready:
                if key.fileobj is child.stdin:
                    unsent = _send(child.stdin.fileno(), unsent)
                    ended = not unsent
                else:
                    kept = stdout if key.fileobj is child.stdout else stderr
                    ended = not _receive(key.fd, kept)
                if ended:
                    pipes.unregister(key.fileobj)
                    key.data()
    return _finished(child, stdout, stderr, deadline, limit)


def _finished(
    child: "subprocess.Popen[bytes]", stdout: bytearray, stderr: bytearray, deadline: float, limit: int
) -> Result:
    if len(stdout) > limit:
        return _cut(child, stdout, stderr, "overflow")
    try:
        returncode = child.wait(max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        return _cut(child, stdout, stderr, "timeout")
    return Result(returncode, bytes(stdout), _text(stderr))


def _send(pipe: int, unsent: memoryview) -> memoryview:
    try:
        return unsent[os.write(pipe, unsent[:_CHUNK]) :] if unsent else unsent
    except BrokenPipeError:  # the child is gone already; its return code tells the story
        return unsent[:0]


def _receive(pipe: int, kept: bytearray) -> int:
    chunk = os.read(pipe, _CHUNK)
    kept += chunk
    return len(chunk)


def _cut(
    child: "subprocess.Popen[bytes]", stdout: bytearray, stderr: bytearray, cut: Literal["timeout", "overflow"]
) -> Result:
    _kill(child)
    return Result(-signal.SIGKILL, bytes(stdout), _text(stderr), cut)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """The whole group: git starts helpers (git-remote-https, index-pack) that hold the pipes open."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


def _text(stderr: bytearray) -> str:
    return stderr[:_KEPT_OF_STDERR].decode(errors="replace")
