"""From a ChangeRepository to its two adapters: the place where a vendor is chosen and credentials are handed over."""

import hashlib
import threading
from pathlib import Path
from typing import Final

from bellpull.api.changerepository import ChangeRepository, ChangeRepositorySpec
from bellpull.api.reasons import INVALID
from bellpull.cluster.client import Client
from bellpull.errors import Stalled
from bellpull.flows.ports import Connection
from bellpull.forge.gitea import Gitea
from bellpull.git.mirror import Credential, Mirror
from bellpull.kube.secrets import Credentials, read_credentials

_GIT_USER: Final = "bellpull"  # forges take any name beside a token


class Connections:
    """Made again when the object or its Secret says something else. Thread-safe."""

    def __init__(self, client: Client, namespace: str, data_dir: Path) -> None:
        self._client, self._namespace, self._data_dir = client, namespace, data_dir
        self._made: dict[str, tuple[ChangeRepositorySpec, Credentials, Connection]] = {}
        self._lock = threading.Lock()

    def to(self, repository: ChangeRepository) -> Connection:
        """Both sides of the repository, with the credentials that its Secret holds now."""
        name, spec = repository.metadata.name, repository.spec
        credentials = read_credentials(self._client, self._namespace, spec.credentials)
        with self._lock:
            made = self._made.get(name)
        if made is None or made[:2] != (spec, credentials):
            try:
                made = (spec, credentials, self._connect(name, spec, credentials))
            except ValueError as error:
                raise Stalled(INVALID, f"ChangeRepository {name} cannot be used: {error}") from error
            with self._lock:
                self._made[name] = made
        return made[2]

    def _connect(self, name: str, spec: ChangeRepositorySpec, credentials: Credentials) -> Connection:
        ca_file = self._ca_file(credentials.ca_certificate)
        directory = self._data_dir / "mirrors" / name
        directory.parent.mkdir(parents=True, exist_ok=True)
        credential = Credential(_GIT_USER, credentials.token)
        return Connection(
            git=Mirror(directory, spec.url, spec.branch, spec.pull_request.branch_prefix, credential, ca_file),
            forge=Gitea(spec.url, credentials.token, spec.branch, ca_file),
        )

    def _ca_file(self, certificate: str) -> Path | None:
        if not certificate:
            return None
        file = self._data_dir / f"ca-{hashlib.sha256(certificate.encode()).hexdigest()[:16]}.pem"
        file.write_text(certificate)
        return file
