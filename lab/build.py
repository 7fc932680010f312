"""Builds the lab's programs from the Go modules beside this file, once, and keeps them outside the work tree.

The cache key is everything that decides the binary: sources, go.mod, go.sum, Go's version and the flags. A binary
appears under its key complete or not at all (temporary directory, rename), and a lock lets a second lab wait for the
first one's build instead of repeating it.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab import go
from lab.processes import LabError

HERE = Path(__file__).resolve().parent
LONGEST_WAIT = 60 * 60.0


@dataclass(frozen=True)
class Module:
    """One Go module of the lab. `assets` is the Go module whose directory the program reads at run time."""

    name: str
    title: str
    minutes: str
    ldflags: str = "-s -w"
    links: tuple[str, ...] = ()
    assets: str = ""

    @property
    def source(self) -> Path:
        return HERE / self.name


_VERSION = "k8s.io/component-base/version"
# Without a version kubectl complains that the server's cannot be parsed.
_KUBERNETES = f"-s -w -X {_VERSION}.gitVersion=v1.37.2 -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=37"
CONTROLPLANE = Module(
    "controlplane",
    "the Kubernetes control plane",
    "4 min",
    _KUBERNETES,
    links=("etcd", "kube-apiserver", "kubectl"),
)
CONTROLLERS = Module("controllermanager", "Kubernetes' controllers", "3 min", _KUBERNETES)
GITEA = Module("gitea", "the forge (Gitea)", "2.5 min", assets="code.gitea.io/gitea")


def program(module: Module) -> Path:
    """The directory that holds the module's binary (and its links), built now if it is not there yet."""
    go_version = go.version(module.source, module.title)
    home = cache_home() / f"{module.name}-{_key(module, go_version)}"
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with _locked(home.with_suffix(".lock"), module):
            if not home.is_dir():
                _build(module, home, go_version)
    return home


def assets(module: Module, home: Path) -> Path:
    """Where the program's run-time files are: in Go's module cache, fetched again if someone cleaned it."""
    recorded = Path(json.loads((home / "build.json").read_text())["assets"])
    if recorded.is_dir():
        return recorded
    go.ask(module.source, "mod", "download", module.assets)
    return Path(_assets_directory(module))


def cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bellpull-lab"


def _key(module: Module, go_version: str) -> str:
    digest = hashlib.sha256(f"{go_version} {sys.platform} {os.uname().machine} {module.ldflags}".encode())
    for file in sorted(module.source.iterdir()):
        if file.suffix in {".go", ".mod", ".sum"}:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(lock: Path, module: Module) -> Iterator[None]:
    deadline = time.monotonic() + LONGEST_WAIT
    with lock.open("w") as file:
        told = False
        while not _try_lock(file):
            if not told:
                print(f"waiting for another lab that is building {module.title}", file=sys.stderr)
            told = True
            if time.monotonic() > deadline:
                raise LabError(f"another process has been building {module.title} for too long; see {lock}")
            time.sleep(0.5)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _build(module: Module, home: Path, go_version: str) -> None:
    cores = os.cpu_count() or 1
    print(
        f"building {module.title}: about {module.minutes} on 2 cores (this machine has {cores}), once", file=sys.stderr
    )
    for leftover in home.parent.glob(f"{home.name}.tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=f"{home.name}.tmp-", dir=home.parent))
    try:
        downloaded = go.run(module.source, f"downloading {module.title}", "mod", "download")
        flags = ("-trimpath", "-buildvcs=false", "-ldflags", module.ldflags, "-o", str(temporary / module.name))
        compiled = go.run(module.source, f"compiling {module.title}", "build", *flags, ".")
        record = {"go": go_version, "download_seconds": downloaded, "compile_seconds": compiled}
        if module.assets:
            record["assets"] = _assets_directory(module)
        (temporary / "build.json").write_text(json.dumps(record, indent=2) + "\n")
        for link in module.links:
            (temporary / link).symlink_to(module.name)
        temporary.chmod(0o755)
        temporary.rename(home)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _assets_directory(module: Module) -> str:
    return go.ask(module.source, "list", "-m", "-f", "{{.Dir}}", module.assets)
