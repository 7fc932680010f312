"""When a finished request has been kept for long enough (pure)."""

import re
from datetime import datetime, timedelta
from typing import Final

from bellpull.api.changerequest import ChangeRequest
from bellpull.api.conditions import find

DURATION: Final = r"^([1-9][0-9]{0,4}[dhms]){1,4}$"
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def duration(text: str) -> timedelta:
    """`30d`, `1h30m`: what DURATION describes."""
    parts = re.findall(r"([0-9]+)([dhms])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def expired(request: ChangeRequest, life: str, now: datetime) -> bool:
    """Finished, not being deleted already, and finished for longer than `life`."""
    finished = find(request.status.conditions, "Finished")
    if finished is None or not request.settled or request.deleting:
        return False
    return now - datetime.fromisoformat(finished.last_transition_time) > duration(life)
