"""Credentials of a repository, read from a Secret in the operator's own namespace at every use."""

import base64
import binascii
from dataclasses import dataclass, field

from bellpull.api.reasons import CREDENTIALS_MISSING
from bellpull.cluster.client import Client, Rejection
from bellpull.errors import Stalled


@dataclass(frozen=True)
class Credentials:
    """What a Secret says; two are equal when they say the same."""

    token: str = field(repr=False)
    ca_certificate: str = field(default="", repr=False)  # PEM, of a private CA


def read_credentials(client: Client, namespace: str, name: str) -> Credentials:
    """Stalled("CredentialsMissing") when there is no such Secret or no token in it."""
    try:
        data = client.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}").get("data", {})
        token = base64.b64decode(data.get("token", "")).decode().strip()
        ca_certificate = base64.b64decode(data.get("ca.crt", "")).decode()
    except Rejection as rejection:
        raise Stalled(CREDENTIALS_MISSING, f"create Secret {namespace}/{name} with the key token") from rejection
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Stalled(CREDENTIALS_MISSING, f"Secret {namespace}/{name} does not hold text") from error
    if not token or any(ord(character) < 33 or ord(character) > 126 for character in token):
        raise Stalled(CREDENTIALS_MISSING, f"put the forge's token into the key token of Secret {namespace}/{name}")
    return Credentials(token, ca_certificate)
