"""Paths as people write them."""

from bellpull.edits.paths import text
from tests.edits.builders import a_path


def test_a_path_is_written_with_dots_and_brackets():
    path = a_path("spec", "containers", {"name": "web"}, "image")
    assert text(path) == "spec.containers[name=web].image"


def test_dots_and_brackets_inside_a_key_are_escaped():
    assert text(a_path("data", "a.b[c]\\d")) == r"data.a\.b\[c\]\\d"
    assert text(a_path("items", {"name": "a]"})) == r"items[name=a\]]"
