"""Kubeconfigs of the lab's people and of the operator, as JSON (which kubectl reads as YAML).

People hold rights only through their groups, as they do behind a company's sign-on. In the lab's own cluster each has
a token; in a given cluster the admin's credentials impersonate them.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMESPACE = "shop"


@dataclass(frozen=True)
class Person:
    name: str
    groups: tuple[str, ...]

    @property
    def uid(self) -> str:
        return f"{self.name}-uid"


ADMIN = Person("admin", ("system:masters",))
ALICE = Person("alice", ("developers",))
BOB = Person("bob", ("developers", "leads"))
MALLORY = Person("mallory", ("visitors",))
PEOPLE = (ADMIN, ALICE, BOB, MALLORY)


def path_of(directory: Path, user: str) -> Path:
    """Where the kubeconfig of a person, or of `operator`, stands."""
    return directory / "kubeconfigs" / user


def write_tokens(file: Path) -> dict[str, str]:
    """Write kube-apiserver's token file; the tokens by name."""
    tokens = {person.name: secrets.token_hex(16) for person in PEOPLE}
    rows = [f'{tokens[person.name]},{person.name},{person.uid},"{",".join(person.groups)}"' for person in PEOPLE]
    file.write_text("\n".join(rows) + "\n")
    file.chmod(0o600)
    return tokens


def write_for_tokens(directory: Path, server: str, authority: Path, tokens: Mapping[str, str]) -> None:
    """One kubeconfig per person; each verifies the server's certificate."""
    cluster = {
        "server": server,
        "certificate-authority-data": base64.b64encode(authority.read_bytes()).decode(),
    }
    for name, token in tokens.items():
        write(path_of(directory, name), cluster, {"token": token})


def write_for_impersonation(directory: Path, given: Mapping[str, Any]) -> None:
    """`given` is a flattened and minified kubeconfig of somebody who may impersonate."""
    cluster, user = given["clusters"][0]["cluster"], given["users"][0]["user"]
    write(path_of(directory, ADMIN.name), cluster, user)
    for person in PEOPLE[1:]:
        mask = {"as": person.name, "as-uid": person.uid, "as-groups": list(person.groups)}
        write(path_of(directory, person.name), cluster, {**user, **mask})


def write_for_service_account(directory: Path, token: str) -> Path:
    """The operator's: the admin's cluster, but never the admin's rights."""
    admin = json.loads(path_of(directory, ADMIN.name).read_text())
    file = path_of(directory, "operator")
    write(file, admin["clusters"][0]["cluster"], {"token": token})
    return file


def write(file: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": dict(cluster)}],
        "users": [{"name": file.name, "user": dict(user)}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": file.name, "namespace": NAMESPACE}}],
        "current-context": "lab",
    }
    file.parent.mkdir(exist_ok=True)
    # Created closed, not closed after the fact: it holds a credential. Replaced whole, as the operator may be reading.
    temporary = file.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(config, indent=2) + "\n")
    temporary.rename(file)
