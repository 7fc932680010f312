"""The one typed wrapper of the `kubernetes` package: JSON in, JSON out, a timeout on every call.

What a cluster can be blamed for (unreachable, overloaded, rights not yet loaded after a start) is Waiting; what the
caller must look at (not found, conflict, invalid) is a `Rejection` with the HTTP status.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import urllib3
from kubernetes import client, config

from bellpull.api.reasons import API_SERVER_UNAVAILABLE, INVALID
from bellpull.errors import Stalled, Waiting

Json = dict[str, Any]
JSON_PATCH: Final = "application/json-patch+json"
_TIMEOUT: Final = (5, 20)  # seconds to connect, to read
_LARGEST: Final = 64 * 1024 * 1024  # bytes of one reply


class Rejection(Exception):
    """The API server answered 400, 404, 409, 410 or 422."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Client:
    """Thread-safe. Configured from KUBECONFIG, or as a pod."""

    def __init__(self, pool: int = 32) -> None:
        settings = client.Configuration()
        if os.environ.get("KUBECONFIG") or not Path("/var/run/secrets/kubernetes.io").exists():
            file = os.environ.get("KUBECONFIG")  # now: the package reads it when it is imported
            _configured(config.load_kube_config, config_file=file, client_configuration=settings, persist_config=False)
        else:
            _configured(config.load_incluster_config, client_configuration=settings)
        settings.connection_pool_maxsize = pool
        settings.retries = urllib3.Retry(0)
        self._api = client.ApiClient(settings)
        self._host: str = settings.host
        self.time: datetime | None = None  # by the API server's clock, when it last answered

    def call(
        self,
        method: str,
        path: str,
        body: Json | Sequence[Json] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        """One request; a list as body is a JSON patch. Raises Rejection or Waiting."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if isinstance(body, list):
            headers["Content-Type"] = JSON_PATCH
        _, url, headers, data, _ = self._api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            reply = self._api.call_api(method, url, headers, data, _request_timeout=_TIMEOUT)
            status, raw = reply.status, reply.response.read(_LARGEST)
            self.time = _date(reply.response.headers.get("Date", "")) or self.time
        except (urllib3.exceptions.HTTPError, client.ApiException, OSError) as error:
            raise Waiting(API_SERVER_UNAVAILABLE, f"the API server at {self._host} did not answer {method}") from error
        return _answer(method, path, status, raw)


def _configured(untyped: Callable[..., Any], **arguments: Any) -> None:
    try:
        untyped(**arguments)
    except config.ConfigException as error:
        message = "no cluster is configured: set KUBECONFIG to a kubeconfig file, or run as a pod of the cluster"
        raise Stalled(INVALID, message) from error


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None


def _answer(method: str, path: str, status: int, raw: bytes) -> Json:
    try:
        parsed: Json = json.loads(raw or b"{}")
    except ValueError as error:
        raise Waiting(API_SERVER_UNAVAILABLE, f"the answer to {method} {path} is no JSON (status {status})") from error
    if status < 300:
        return parsed
    message = str(parsed.get("message", ""))[:1000]
    if status in (400, 404, 409, 410, 422):
        raise Rejection(status, message)
    raise Waiting(API_SERVER_UNAVAILABLE, f"the API server refused {method} {path} with status {status}: {message}")
