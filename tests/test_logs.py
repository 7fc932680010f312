"""One JSON object a line: whatever a name or a message holds, it cannot begin a line of its own."""

import json
import logging
import sys

from bellpull.logs import JsonLines


def line(message: str, *arguments: object, **more: object) -> dict[str, object]:
    record = logging.LogRecord("bellpull", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__.update(more)
    said = JsonLines().format(record)
    assert "\n" not in said
    found: dict[str, object] = json.loads(said)
    return found


def test_a_line_has_time_level_logger_and_message() -> None:
    found = line("%s: %s", "shop/cart", 'a "quoted"\nword\u2028')
    assert (found["level"], found["logger"]) == ("INFO", "bellpull")
    assert found["message"] == 'shop/cart: a "quoted"\nword\u2028'
    assert str(found["time"]).endswith("+00:00")


def test_fields_stand_beside_the_message() -> None:
    assert line("x", fields={"request": "shop/cart", "to": "Merged"})["to"] == "Merged"


def test_a_traceback_is_in_the_same_line() -> None:
    try:
        raise ValueError("a bug")
    except ValueError:
        assert "ValueError: a bug" in str(line("x", exc_info=sys.exc_info())["error"])
