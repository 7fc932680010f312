"""The bot's token is nowhere but in its Secret and in the environment of a running git."""

from pathlib import Path

from lab.lab import Lab
from tests.lab.conftest import Service


def test_no_sink_holds_the_token(service: Service) -> None:
    lab = service.lab
    service.ask(replicas=9).comes_to("InReview")
    tokens = [lab.env[f"LAB_FORGE_{who}_TOKEN"] for who in ("BOT", "ADMIN", "REVIEWER")]
    sinks = {
        "status and events": lab.kubectl("get", "chg,ctg,crepo,events", "-A", "-o", "json").stdout,
        "the operator's log": (lab.directory / "operator.log").read_text(),
        **{str(file): file.read_text(errors="replace") for file in mirror_files(lab)},
    }
    assert len(sinks) > 5
    for name, text in sinks.items():
        assert not any(token in text for token in tokens), name


def mirror_files(lab: Lab) -> list[Path]:
    """All of the mirrors but the objects, which are the repository's content."""
    return [file for file in (lab.directory / "data").rglob("*") if file.is_file() and "objects" not in file.parts]
