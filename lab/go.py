"""The go command, as the lab runs it: with a fixed environment, bounded in time, telling how far it is."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.processes import LabError

LONGEST_PHASE = 45 * 60.0


def version(module: Path, purpose: str) -> str:
    """Go's version as `module` gets it; LabError (exit code 2) if there is none, or none new enough."""
    needed = re.findall(r"(?m)^go (\S+)$", (module / "go.mod").read_text())[0]
    advice = (
        f"install Go {needed} or newer (https://go.dev/dl/), or set KUBEBUILDER_ASSETS or LAB_KUBECONFIG "
        "to bring a control plane of your own (the forge needs Go all the same)"
    )
    if shutil.which("go") is None:
        raise LabError(f"Go is not installed, and the lab builds {purpose} with it: {advice}.", 2)
    # Asked inside the module, so that a Go that fetches its own toolchains has done so.
    found = ask(module, "env", "GOVERSION").removeprefix("go").split()[0]
    if _numbers(found) < _numbers(needed):
        raise LabError(f"Go {found} is too old to build {purpose}: {advice}.", 2)
    return found


def ask(module: Path, *arguments: str) -> str:
    """What a short go command prints."""
    result = subprocess.run(
        ["go", *arguments], cwd=module, env=_environment(), capture_output=True, text=True, timeout=600
    )
    if result.returncode != 0:
        raise LabError(f"go {' '.join(arguments)} failed: {result.stderr.strip()}")
    return result.stdout.strip()


def run(module: Path, doing: str, *arguments: str) -> float:
    """Run a long go command, saying on stderr how long it has taken so far; the seconds it took."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            ["go", *arguments], cwd=module, env=_environment(), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _watch(child, doing, started)
        finally:
            child.terminate()
            child.wait()
        output.seek(0)
        if child.returncode != 0:
            raise LabError(f"{doing} failed:\n{output.read()[-3000:]}")
    seconds = time.monotonic() - started
    print(f"{doing} … done in {seconds:.0f} s", file=sys.stderr)
    return round(seconds, 1)


def _watch(child: subprocess.Popen[bytes], doing: str, started: float) -> None:
    # On a terminal one line that is written again; in a log a line now and then.
    every, end = (1.0, "\r") if sys.stderr.isatty() else (30.0, "\n")
    told = 0.0
    while child.poll() is None:
        elapsed = time.monotonic() - started
        if elapsed > LONGEST_PHASE:
            raise LabError(f"{doing} took more than {LONGEST_PHASE / 60:.0f} min and was given up")
        if elapsed - told >= every:
            told = elapsed
            print(f"{doing} … {elapsed:.0f} s", end=end, file=sys.stderr, flush=True)
        time.sleep(0.1)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _environment() -> dict[str, str]:
    # Neither a workspace file nor a flag of the user's may change what is built.
    fixed = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
    # The compiler may keep more garbage: memory for time. A GOGC of the user's own wins.
    return {"GOGC": "400", **os.environ, **fixed}
