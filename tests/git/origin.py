"""A real repository to be the remote of a mirror, and builders for what is pushed to it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bellpull.git.mirror import Mirror
from bellpull.git.repository import Commit

DEPLOYMENT = "apps/cart/deployment.yaml"
PEOPLE = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Ann"), ("EMAIL", "ann@acme.example"))
}


@dataclass(frozen=True)
class Origin:
    """A bare repository with a main branch, and a person's clone of it."""

    path: Path
    clone: Path

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def git(self, *arguments: str, directory: Path | None = None, stdin: str = "") -> str:
        """Run git as a person would, without this machine's configuration."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = inherited | PEOPLE | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(
            ["git", *arguments],
            cwd=directory or self.clone,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def commit(self, files: Mapping[str, str], branch: str = "main", message: str = "A change") -> str:
        """A person's commit on a branch, pushed; its id."""
        for path, content in files.items():
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / path).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        self.git("push", "--quiet", "--force", str(self.path), f"HEAD:refs/heads/{branch}")
        return self.head(branch)

    def head(self, branch: str = "main") -> str:
        """Where the branch is; empty if there is none."""
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", directory=self.path)

    def show(self, what: str) -> str:
        return self.git("show", what, directory=self.path)

    def hook(self, name: str, script: str) -> None:
        file = self.path / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


def an_origin(directory: Path) -> Origin:
    origin = Origin(directory / "origin.git", directory / "clone")
    for path in (origin.path, origin.clone):
        path.mkdir()
    origin.git("init", "--quiet", "--bare", "--initial-branch=main", directory=origin.path)
    origin.git("init", "--quiet", "--initial-branch=main")
    origin.commit({DEPLOYMENT: "replicas: 3\n", "apps/cart/flags.yaml": "DARK: off\n", "README.md": "Hello\n"})
    return origin


def a_mirror(directory: Path, origin: Origin, branch: str = "main", prefix: str = "bellpull/") -> Mirror:
    return Mirror(directory / "mirror", origin.url, branch, prefix)


def a_commit(
    parent: str,
    branch: str = "bellpull/cart-1",
    files: Mapping[str, tuple[str, bytes]] | None = None,
    expected: str | None = None,
    message: str = "cart: replicas 3 → 10\n",
    name: str = "Bellpull",
    email: str = "bellpull@acme.example",
) -> Commit:
    return Commit(
        branch=branch,
        parent=parent,
        message=message,
        name=name,
        email=email,
        date=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        files=files if files is not None else {DEPLOYMENT: ("100644", b"replicas: 10\n")},
        expected=expected,
    )
