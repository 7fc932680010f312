"""Plain data as kubectl reads it; what readers read in different ways is refused."""

import pytest

from bellpull.edits.data import data_of
from bellpull.edits.documents import parse
from bellpull.errors import Refused


def data(text: str) -> object:
    return data_of(parse(text, "a.yaml")[0])


def test_a_document_is_what_kubectl_reads() -> None:
    text = """\
a: {b: on, c: "on", d: no, e: 010a, f: -7, g: ~, h: v1.4.2, i: ''}
list: [1, [x], {}]
text: |
  two
  lines
"""
    assert data(text) == {
        "a": {"b": True, "c": "on", "d": False, "e": "010a", "f": -7, "g": None, "h": "v1.4.2", "i": ""},
        "list": [1, ["x"], {}],
        "text": "two\nlines\n",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 0755", "a.yaml:1: 0755 is read in different ways"),
        ("a: 1.20", "a.yaml:1: 1.20 is read in different ways"),
        ("a: 2026-01-01", "a.yaml:1: 2026-01-01 is read in different ways"),
        ("a: &x 1\nb: *x", "a.yaml:2: the alias \\*x is not understood here"),
        ("a: !!str 1", "the tag tag:yaml.org,2002:str is not understood"),
        ("? [a]\n: 1", "a key must be a single word"),
        ("a: 1\na: 2", "the key a stands in line 1 already"),
    ],
)
def test_what_readers_read_in_different_ways_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        data(text)
