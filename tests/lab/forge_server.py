"""A running Gitea with fresh repositories to try the adapters on; people act through its API."""

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bellpull.forge.gitea import Gitea
from bellpull.git.mirror import Credential, Mirror
from lab import build
from lab.forge import BOT, REVIEWER, Forge, call
from lab.processes import Processes, until

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """The forge's address and the tokens of its people: admin, bot, reviewer."""

    url: str
    tokens: dict[str, str] = field(repr=False)

    def ask(self, method: str, path: str, body: Any = None, person: str = "admin", status: int | None = None) -> Any:
        """The parsed reply; any 2xx is fine unless `status` says which."""
        got, reply = call(self.url, f"token {self.tokens[person]}", method, path, body)
        assert got == status if status else 200 <= got < 300, (got, reply)
        return reply

    def repository(self) -> "Repository":
        """A new private repository with a first commit; the bot and the reviewer may write."""
        name = f"acme/r{next(_numbers)}"
        body = {"name": name.partition("/")[2], "private": True, "auto_init": True, "default_branch": "main"}
        self.ask("POST", "/orgs/acme/repos", body)
        for person in (BOT, REVIEWER):
            self.ask("PUT", f"/repos/{name}/collaborators/{person}", {"permission": "write"})
        repository = Repository(self, name)
        repository.write("apps/cart.yaml", "replicas: 3\n")
        return repository


@dataclass(frozen=True)
class Repository:
    """One repository of the server, and what people do in it."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return f"{self.server.url}/{self.name}.git"

    def ask(self, method: str, path: str, body: Any = None, person: str = "admin", status: int | None = None) -> Any:
        return self.server.ask(method, f"/repos/{self.name}{path}", body, person, status)

    def write(self, path: str, text: str, branch: str = "main", new: str = "", person: str = "reviewer") -> str:
        """A commit by a person through the API; its id."""
        encoded = base64.b64encode(text.encode()).decode()
        body = {"content": encoded, "message": f"Write {path}", "branch": branch} | ({"new_branch": new} if new else {})
        status, found = call(
            self.server.url,
            f"token {self.server.tokens[person]}",
            "GET",
            f"/repos/{self.name}/contents/{path}?ref={branch}",
        )
        if status == 200:
            reply = self.ask("PUT", f"/contents/{path}", body | {"sha": found["sha"]}, person)
        else:
            reply = self.ask("POST", f"/contents/{path}", body, person)
        sha: str = reply["commit"]["sha"]
        return sha

    def head(self, branch: str) -> str:
        """Where the branch is; empty if there is none."""
        status, reply = call(
            self.server.url,
            f"token {self.server.tokens['admin']}",
            "GET",
            f"/repos/{self.name}/branches/{branch.replace('/', '%2F')}",
        )
        return str(reply["commit"]["id"]) if status == 200 else ""

    def pull(self, number: int) -> Any:
        return self.ask("GET", f"/pulls/{number}")

    def gitea(self, token: str = "", base: str = "main") -> Gitea:
        return Gitea(self.url, token or self.server.tokens["bot"], base)

    def mirror(self, directory: Path, token: str = "") -> Mirror:
        credential = Credential("bellpull", token or self.server.tokens["bot"])
        return Mirror(directory / "mirror", self.url, "main", "bellpull/", credential)

    def merge(self, number: int, person: str = "reviewer", how: str = "squash") -> None:
        until(lambda: self.pull(number)["mergeable"], 20, "the pull request can be merged")
        self.ask("POST", f"/pulls/{number}/merge", {"Do": how}, person)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("forge")
    processes = Processes(directory)
    forge = Forge(directory, processes)
    programs = build.program(build.GITEA)
    try:
        forge.start(programs, build.assets(build.GITEA, programs))
        yield Server(forge.url, forge.tokens)
    finally:
        forge.stop()
