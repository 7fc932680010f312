"""The GitOps repository of the lab: `lab/gitops/` pushed to the forge, one commit per service.

Git runs with a scrubbed environment (no user's or machine's configuration, hooks or prompts), and a token goes into it
through the environment, never through a URL or an argument that `ps` would show.
"""

import base64
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.processes import LabError

GITOPS = Path(__file__).with_name("gitops")
AUTHOR = {"NAME": "Platform Team", "EMAIL": "platform@acme.example", "DATE": "2026-01-05T09:00:00+00:00"}


def git_environment(token: str = "", url: str = "") -> dict[str, str]:
    """Git's environment; with a token, its credentials for `url` and nothing else."""
    settings = {"core.autocrlf": "false", "core.fsync": "none", "gc.auto": "0", "http.proxy": "", "safe.directory": "*"}
    if token:
        basic = base64.b64encode(f"token:{token}".encode()).decode()
        settings[f"http.{url}.extraHeader"] = f"Authorization: Basic {basic}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    env |= {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in AUTHOR.items()}
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def git(*arguments: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Run git; what it printed. LabError with its complaint if it failed."""
    try:
        result = subprocess.run(["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    except FileNotFoundError as problem:
        raise LabError("git is not installed: install git 2.39 or newer.", 2) from problem
    if result.returncode != 0:
        raise LabError(f"git {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


def push(directory: Path, url: str, token: str) -> None:
    """Make the history in `directory` and push it to `url` as main."""
    env = git_environment(token, url)
    directory.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=directory, env=env)
    tree = f"--work-tree={GITOPS}"
    services = sorted(path for path in (GITOPS / "apps").iterdir() if path.is_dir())
    git(tree, "add", "--", ":/", ":(exclude)apps", cwd=directory, env=env)
    git("commit", "--quiet", "--message=Start the GitOps repository", cwd=directory, env=env)
    for service in services:
        git(tree, "add", "--", f"apps/{service.name}", cwd=directory, env=env)
        git("commit", "--quiet", f"--message={service.name}: add", cwd=directory, env=env)
    git("push", "--quiet", url, "main", cwd=directory, env=env)
