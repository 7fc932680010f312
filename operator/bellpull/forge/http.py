"""One HTTP request to a forge: no retry, no redirect, a bounded reply, and network errors as `Waiting`.

No retry, because a blind second POST opens a second pull request; no redirect, because the token would
follow it to a place the administrator did not name.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from bellpull.errors import Waiting

_PIECE = 1 << 16


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes. `read` bounds the pause between two pieces of a reply, `whole` all of its body."""

    connect: float = 5
    read: float = 20
    whole: float = 60
    size: int = 8 << 20


@dataclass(frozen=True)
class Reply:
    """What the forge answered; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Connections to one forge, kept open between requests; safe to use from several threads."""

    def __init__(self, ca_file: Path | None = None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=self._limits.connect, read=self._limits.read),
            maxsize=4,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(ca_file) if ca_file else None,
        )

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Whatever status the forge answers with; Waiting if it does not answer, or with too much or too slowly."""
        try:
            response = self._pool.request(
                method, url, headers=dict(headers), body=body, redirect=False, preload_content=False
            )
            try:
                content = _content(response, self._limits)
            except BaseException:
                response.close()  # half-read: not to be used for the next request
                raise
            response.release_conn()
        except HTTPError as error:
            raise _unavailable("The forge cannot be reached now; it is asked again.") from error
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, content)


def _content(response: urllib3.BaseHTTPResponse, limits: Limits) -> bytes:
    """Piece by piece, and never unpacked: a reply in an encoding we did not ask for is no reply."""
    deadline, content = time.monotonic() + limits.whole, bytearray()
    while piece := response.read1(_PIECE, decode_content=False):
        content += piece
        if len(content) > limits.size or time.monotonic() > deadline:
            raise _unavailable("The forge answered with too much or too slowly; it is asked again.")
    return bytes(content)


def _unavailable(message: str) -> Waiting:
    return Waiting("RepositoryUnavailable", message)
