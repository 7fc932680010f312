"""Gitea's REST API for one repository: requests out, checked replies or our two kinds of error back."""

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.forge.http import Http, Reply

_PAGE = 50  # more than Gitea gives by default is not given
_MOST_PAGES = 40
_URL = re.compile(r"(?P<web>https?://[^/\s@?#\\]+(?:/[^/\s@?#\\]+)*?)/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?")

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Api:
    """`https://host[/sub]/owner/repository.git` → `https://host[/sub]/api/v1`."""

    def __init__(self, url: str, token: str, ca_file: Path | None = None) -> None:
        matched = _URL.fullmatch(url)
        if matched is None:
            raise ValueError("the URL of a Gitea repository is https://host/owner/repository.git")
        self._name = matched["name"]
        self._root = f"{matched['web']}/api/v1"
        self._http = Http(ca_file)
        self._headers = {"Authorization": f"token {token}", "Accept": "application/json"}

    def get(self, path: str, reply: TypeAdapter[_T]) -> _T:
        """`path` is below the repository, or "/user"; Stalled("RepositoryNotFound") if it is not there."""
        return self._checked(self.ask("GET", path), reply)

    def find(self, path: str, reply: TypeAdapter[_T]) -> _T | None:
        """None if it is not there."""
        answer = self.request("GET", path)
        return None if answer.status == 404 else self._checked(self._accepted("GET", answer), reply)

    def pages(self, path: str, reply: TypeAdapter[list[_T]]) -> list[_T]:
        """All items of a paginated list. The forge may have smaller pages than we ask for."""
        items: list[_T] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self.ask("GET", f"{path}{'&' if '?' in path else '?'}limit={_PAGE}&page={page}")
            found = self._checked(answer, reply)
            items += found
            if not found or answer.headers.get("x-total-count") == str(len(items)):
                return items
        raise Stalled("TooLarge", f"A list in {self._name} does not end after {len(items)} items: close pull requests.")

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """One request that must succeed."""
        return self._accepted(method, self.request(method, path, body))

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """One request, whatever its status."""
        address = f"{self._root}{path}" if path == "/user" else f"{self._root}/repos/{self._name}{path}"
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        return self._http.request(method, address, headers, None if body is None else json.dumps(body).encode())

    def created(self, reply: Reply, shape: TypeAdapter[_T]) -> _T:
        """The reply to a POST that made something."""
        return self._checked(self._accepted("POST", reply), shape)

    def _accepted(self, method: str, reply: Reply) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise self._failure(method, reply)

    def _checked(self, reply: Reply, shape: TypeAdapter[_T]) -> _T:
        try:
            return shape.validate_json(reply.body)
        except ValidationError as error:
            _log.debug(
                "%s: %s", self._name, error.errors(include_input=False, include_url=False, include_context=False)
            )
            # Not chained: the text of the error shows the reply.
            raise Waiting(
                "RepositoryUnavailable",
                f"The forge of {self._name} answered something that is no Gitea API reply; it is asked again.",
            ) from None

    def _failure(self, method: str, reply: Reply) -> BellpullError:
        """The one table from (status, method) to what is to be done."""
        status, name = reply.status, self._name
        if status == 429:
            return Waiting("RateLimited", f"The forge wants fewer requests for {name}.", _retry_after(reply))
        if status >= 500:
            return Waiting("RepositoryUnavailable", f"The forge of {name} answered {status}; it is asked again.")
        if status == 401 or (status == 403 and method == "GET"):
            return Stalled(
                "CredentialsRefused", f"The forge refused the token for {name}: renew it or widen its scope."
            )
        if status == 404 or status < 400:
            return Stalled("RepositoryNotFound", f"The token sees no {name} at this address: correct URL or access.")
        if status == 423:
            return Stalled("ForgeRefused", f"{name} is archived: unarchive it or name another repository.")
        return Stalled(
            "ForgeRefused", f"The forge declined a {method} in {name} ({status}): check the account's rights."
        )


def _retry_after(reply: Reply) -> float:
    """Seconds; a date, nonsense or nothing means a minute."""
    value = reply.headers.get("retry-after", "")
    return float(min(max(int(value), 1), 3600)) if value.isascii() and value.isdecimal() else 60.0


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")
