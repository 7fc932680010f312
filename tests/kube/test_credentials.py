"""Credentials are read from the Secret at every use, and only their change makes a new connection."""

import base64
from pathlib import Path
from typing import Any

import pytest

from bellpull.cluster.client import Client
from bellpull.errors import Stalled, Waiting
from bellpull.kube.connections import Connections
from bellpull.kube.secrets import read_credentials
from tests.builders import a_repository
from tests.doubles.api_server import ApiServer, fails

WHERE = "/api/v1/namespaces/bellpull-system/secrets/gitops-bot"


def secret(api: ApiServer, **data: bytes) -> None:
    values = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in data.items()}
    store(api, {"data": values})


def store(api: ApiServer, body: dict[str, Any]) -> None:
    api.keep(WHERE, {"metadata": {"name": "gitops-bot"}, **body})


def test_a_token_is_read_without_the_newline_that_people_add(api: ApiServer, client: Client) -> None:
    secret(api, token=b"  abc\n", ca_crt=b"PEM\n")
    found = read_credentials(client, "bellpull-system", "gitops-bot")
    assert (found.token, found.ca_certificate) == ("abc", "PEM\n")
    assert "abc" not in repr(found)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}},
        {"data": {"token": ""}},
        {"data": {"token": base64.b64encode(b" \n").decode()}},
        {"data": {"token": base64.b64encode(b"a\nb").decode()}},
        {"data": {"token": base64.b64encode(b"a\x00b").decode()}},
        {"data": {"token": base64.b64encode("tökén".encode()).decode()}},
    ],
    ids=str,
)
def test_a_secret_without_a_usable_token_says_which_key(api: ApiServer, client: Client, body: dict[str, Any]) -> None:
    store(api, body)
    with pytest.raises(Stalled, match="into the key token of Secret bellpull-system/gitops-bot") as stalled:
        read_credentials(client, "bellpull-system", "gitops-bot")
    assert stalled.value.reason == "CredentialsMissing"


@pytest.mark.parametrize("data", [{"token": "abc"}, {"token": "/w=="}, {"token": "YWJj", "ca.crt": "/w=="}], ids=str)
def test_a_secret_that_holds_no_text_says_so(api: ApiServer, client: Client, data: dict[str, str]) -> None:
    store(api, {"data": data})
    with pytest.raises(Stalled, match="does not hold text"):
        read_credentials(client, "bellpull-system", "gitops-bot")


def test_a_missing_secret_says_what_to_create(client: Client) -> None:
    with pytest.raises(Stalled, match="create Secret bellpull-system/gitops-bot with the key token"):
        read_credentials(client, "bellpull-system", "gitops-bot")


def test_a_secret_that_may_not_be_read_yet_is_waited_for(api: ApiServer, client: Client) -> None:
    api.fault = fails("GET", "/gitops-bot", 403)
    with pytest.raises(Waiting):
        read_credentials(client, "bellpull-system", "gitops-bot")


# Connections.


def test_a_connection_is_kept_until_object_or_secret_say_something_else(
    api: ApiServer, client: Client, tmp_path: Path
) -> None:
    connections = Connections(client, "bellpull-system", tmp_path)
    secret(api, token=b"abc")
    first = connections.to(a_repository())
    assert connections.to(a_repository()) is first
    secret(api, token=b"other")
    second = connections.to(a_repository())
    assert second is not first
    assert connections.to(a_repository(branch="production")) is not second


def test_a_certificate_is_written_where_git_and_the_forge_find_it(
    api: ApiServer, client: Client, tmp_path: Path
) -> None:
    secret(api, token=b"abc", ca_crt=CERTIFICATE.encode())
    Connections(client, "bellpull-system", tmp_path).to(a_repository())
    (file,) = tmp_path.glob("ca-*.pem")
    assert file.read_text() == CERTIFICATE


CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARqgAwIBAgIUQmVsbHB1bGwgdGVzdCBvbmx5IQwwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
"""


def test_a_connection_without_secret_is_stalled(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Stalled):
        Connections(client, "bellpull-system", tmp_path).to(a_repository())


def test_a_repository_that_the_adapters_cannot_take_is_invalid(api: ApiServer, client: Client, tmp_path: Path) -> None:
    secret(api, token=b"abc")
    odd = a_repository()
    odd = odd.model_copy(update={"spec": odd.spec.model_copy(update={"url": "https://git.example.com/gitops"})})
    with pytest.raises(Stalled, match="ChangeRepository gitops cannot be used: ") as stalled:
        Connections(client, "bellpull-system", tmp_path).to(odd)
    assert stalled.value.reason == "Invalid"
