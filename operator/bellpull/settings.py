"""The operator's own settings, from environment variables; everything else stands in ChangeRepository objects."""

import os
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bellpull.errors import Stalled

_PREFIX: Final = "BELLPULL_"
_Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _identity() -> str:
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"


class Settings(BaseModel):
    """Each field is the variable BELLPULL_<FIELD>."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    namespace: Annotated[str, Field(min_length=1)] = "bellpull-system"
    """The operator's own: its Secrets and Leases are there."""
    data_dir: Path = Path("/var/lib/bellpull")
    """Git mirrors; may be lost at any time."""
    poll_seconds: _Seconds = 15.0
    """Between two looks at a repository's pull requests and base branch."""
    resync_seconds: _Seconds = 600.0
    """Between two looks at a request that waits for people."""
    cleanup_seconds: _Seconds = 3600.0
    """How long a deleted request waits for a forge that cannot be reached, before it is let go with an Event."""
    workers: Annotated[int, Field(gt=0)] = 8
    """Repositories served at the same time."""
    lease_seconds: _Seconds = 15.0
    """After which another operator may take a repository over."""
    identity: Annotated[str, Field(default_factory=_identity, min_length=1)]
    """Holder of the Leases; another one for each process."""


def from_environment(variables: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the BELLPULL_* variables; one that cannot be read is Stalled with its name."""
    values = {name.removeprefix(_PREFIX).lower(): text for name, text in variables.items() if name.startswith(_PREFIX)}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = _PREFIX + str(first["loc"][0]).upper()
        raise Stalled("Invalid", f"{variable}={first['input']!r} cannot be used: {first['msg']}") from error
