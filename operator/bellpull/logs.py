"""Logs as one JSON object a line: whatever a name or a message holds, it cannot begin a line of its own."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

_NOISY: Final = ("kopf", "kubernetes", "urllib3", "git")


class JsonLines(logging.Formatter):
    """time, level, logger, message; `fields` of the record's extra beside them; a traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure() -> None:
    """To stderr; the libraries only from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
