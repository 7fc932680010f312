"""The lab's forge: Gitea with SQLite on a free loopback port, with the people and the repository of the story.

`acme/gitops` is private; the bot may push branches, bob reviews and merges, and nobody but bob and the admin may push
to main.
"""

import base64
import json
import os
import re
import secrets
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from lab import seed
from lab.processes import LabError, Processes, free_port, until

ADMIN, BOT, REVIEWER = "lab-admin", "bellpull-bot", "bob"
REPOSITORY = "acme/gitops"
BOT_SCOPES = ["write:repository", "write:issue", "read:user"]
STARTS = 3

# A proxy of the environment knows nothing of our loopback.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

SETTINGS = """\
APP_NAME = Bellpull lab
RUN_MODE = prod
WORK_PATH = `{home}`
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {url}/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = `{assets}`
[database]
DB_TYPE = sqlite3
PATH = `{home}/gitea.db`
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
[service]
DISABLE_REGISTRATION = true
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[webhook]
ALLOWED_HOST_LIST = loopback
[actions]
ENABLED = false
[log]
LEVEL = Warn
"""


class Forge:
    """Gitea of one lab directory."""

    def __init__(self, directory: Path, processes: Processes) -> None:
        self.home = directory / "gitea"
        self.processes = processes
        self.url = ""
        self.tokens: dict[str, str] = {}

    @property
    def git_url(self) -> str:
        return f"{self.url}/{REPOSITORY}.git"

    def start(self, programs: Path, assets: Path) -> None:
        """Start it on fresh data and put people and repository into it."""
        self.home.mkdir()
        program, secret = programs / "gitea", secrets.token_hex(32)
        for starts_left in reversed(range(STARTS)):
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            settings = SETTINGS.format(home=self.home, port=port, url=self.url, assets=assets, secret=secret)
            (self.home / "app.ini").write_text(settings)
            self.processes.start("gitea", [program, *self._config, "web"], self._environment())
            until(lambda: self.healthy() or not self.running(), 60, "the forge answers")
            if self.running():
                break
            # Between asking for a free port and listening on it somebody else may have taken it.
            log = self.processes.tail("gitea")
            if "address already in use" not in log or not starts_left:
                raise LabError(f"the forge did not start:{log}")
        self._people(program)
        self._repository()

    def running(self) -> bool:
        return self.processes.pid("gitea") is not None

    def stop(self) -> None:
        self.processes.stop("gitea")

    def healthy(self) -> bool:
        try:
            return call(self.url, "", "GET", "/version")[0] == 200
        except OSError:
            return False

    def _people(self, program: Path) -> None:
        options = ["--username", ADMIN, "--email", f"{ADMIN}@acme.example"]
        options += ["--random-password", "--must-change-password=false"]
        options += ["--access-token", "--access-token-name", "lab", "--access-token-scopes", "all"]
        made = subprocess.run(
            [str(program), *self._config, "admin", "user", "create", "--admin", *options],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        found = re.search(r"\b[0-9a-f]{40}\b", made.stdout)
        if not found:
            raise LabError(f"the forge's admin could not be made: {made.stdout[-500:]}{made.stderr[-1000:]}")
        self.tokens["admin"] = found[0]
        self.tokens["bot"] = self._person(BOT, BOT_SCOPES)
        self.tokens["reviewer"] = self._person(REVIEWER, ["write:repository", "write:issue", "read:user"])

    def _person(self, name: str, scopes: list[str]) -> str:
        password = secrets.token_hex(16)
        person = {"username": name, "email": f"{name}@acme.example", "password": password}
        self._ask("POST", "/admin/users", person | {"must_change_password": False})
        # A token is given only to who shows the password, not to an admin's token.
        basic = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        status, token = call(self.url, basic, "POST", f"/users/{name}/tokens", {"name": "lab", "scopes": scopes})
        if status != 201:
            raise LabError(f"the forge gave {name} no token: {status} {token}")
        return str(token["sha1"])

    def _repository(self) -> None:
        owner, name = REPOSITORY.split("/")
        self._ask("POST", "/orgs", {"username": owner, "visibility": "private"})
        self._ask("POST", f"/orgs/{owner}/repos", {"name": name, "private": True, "default_branch": "main"})
        for person in (BOT, REVIEWER):
            self._ask("PUT", f"/repos/{REPOSITORY}/collaborators/{person}", {"permission": "write"})
        seed.push(self.home.parent / "seed", self.git_url, self.tokens["admin"])
        # Until it has noticed the push, creating a pull request answers 404.
        until(lambda: not self._ask("GET", f"/repos/{REPOSITORY}")["empty"], 30, "the forge has noticed the first push")
        writers = [REVIEWER, ADMIN]
        protection = {"rule_name": "main", "enable_push": True, "enable_push_whitelist": True}
        protection |= {"push_whitelist_usernames": writers, "required_approvals": 0}
        protection |= {"enable_merge_whitelist": True, "merge_whitelist_usernames": writers}
        self._ask("POST", f"/repos/{REPOSITORY}/branch_protections", protection)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        status, reply = call(self.url, f"token {self.tokens['admin']}", method, path, body)
        if status >= 300:
            raise LabError(f"the forge refused {method} {path}: {status} {reply}")
        return reply

    @property
    def _config(self) -> list[str]:
        return ["--config", str(self.home / "app.ini"), "--work-path", str(self.home)]

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("GITEA_", "GIT_"))}
        return inherited | {"HOME": str(self.home), "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT": "true"}


def call(url: str, authorization: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """One call of the forge's API: the status and the reply, parsed where it is JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": authorization} if authorization else {}
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{url}/api/v1{path}", data=data, method=method, headers=headers)
    try:
        with DIRECT.open(request, timeout=30) as reply:
            status, content = reply.status, reply.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            status, content = refusal.code, refusal.read()
    try:
        return status, json.loads(content) if content else None
    except ValueError:
        return status, content.decode(errors="replace")
