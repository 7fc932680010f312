"""Conditions as the Kubernetes API conventions have them, and how they move (pure)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bellpull.api.fields import Reported

MESSAGE_LENGTH = 1024


class Condition(Reported):
    """One observation of the object's state."""

    type: Annotated[str, Field(max_length=64)]
    """What the condition is about, such as Ready."""
    status: Literal["True", "False", "Unknown"]
    """True, False or Unknown."""
    reason: Annotated[str, Field(max_length=64)]
    """One CamelCase word saying why."""
    message: Annotated[str, Field(max_length=MESSAGE_LENGTH)] = ""
    """A sentence for people: what happened, and what to do next."""
    last_transition_time: Annotated[str, Field(alias="lastTransitionTime", max_length=32)]
    """When status last changed."""
    observed_generation: Annotated[int | None, Field(alias="observedGeneration")] = None
    """The metadata.generation that this was computed from."""


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC to the second, as the API server writes times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def cut(message: str, length: int = MESSAGE_LENGTH) -> str:
    """The message, ended with … where it is longer than a condition takes."""
    return message if len(message) <= length else message[: length - 1] + "…"


def condition(
    type_: str, status: bool, reason: str, message: str, before: Iterable[Condition], now: datetime, generation: int
) -> Condition:
    """The condition as it is now; `lastTransitionTime` moves only when the status does."""
    word: Literal["True", "False"] = "True" if status else "False"
    since = next((old.last_transition_time for old in before if old.type == type_ and old.status == word), None)
    return Condition(
        type=type_,
        status=word,
        reason=reason,
        message=cut(message),
        last_transition_time=since or timestamp(now),
        observed_generation=generation,
    )


def find(conditions: Sequence[Condition], type_: str) -> Condition | None:
    """The condition of that type, if there is one."""
    return next((one for one in conditions if one.type == type_), None)


def is_true(conditions: Sequence[Condition], type_: str) -> bool:
    """Whether the condition is there and True."""
    found = find(conditions, type_)
    return found is not None and found.status == "True"
