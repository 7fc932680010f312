"""Spelling: what some reader would not take for a string gets quotes, and the judges are the readers' own resolvers."""

import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml.resolver import implicit_resolvers

from bellpull.edits.scalars import is_whole_number, reads_as, spellings
from tests.edits.profile import thorough

# What go-yaml v2.4.4, the reader inside kubectl, makes of them; each was put to it.
KUBECTL = {
    **dict.fromkeys(["yes", "no", "on", "off", "y", "n", "Yes", "NO", "true", "False"], "bool"),
    **dict.fromkeys(["null", "~", "", "Null", "NULL"], "null"),
    **dict.fromkeys(["1", "-1", "+1", "0755", "017", "0o17", "0O17", "1_000", "1__0", "0b11", "-0b1", "0B11"], "int"),
    **dict.fromkeys(["0x1F", "0X1f", "0x_1", "0_x1", "-_5"], "int"),
    **dict.fromkeys(["1.20", "1e3", "1e+5", "1.e5", ".5", "-.5e3", ".inf", "-.INF", ".nan", "25921e05", "08"], "float"),
    **dict.fromkeys(["2001-01-01", "2001-1-1", "2001-1-1T1:2:3Z", "2001-01-01 12:30:45"], "timestamp"),
    "<<": "merge",
    **dict.fromkeys(["12:30", "12:30:45", "=", "1.2.3", "v1.4.2", "0a1b2c3", "nginx", "http://x:80/y", "_1"], "string"),
}
NUMBERLIKE = st.text("0123456789_:.-+eExXobBTtZ yYnN~=<ainfNaI", min_size=1, max_size=10)


@pytest.mark.parametrize(("plain", "kind"), KUBECTL.items())
def test_every_type_that_kubectl_sees_is_known(plain, kind):
    assert kind in reads_as(plain) or (plain == "08" and reads_as(plain) == {"string", "int"})


@pytest.mark.parametrize(
    "plain", ["1.2.3", "v1.4.2", "0a1b2c3", "nginx:1.27", "sha-25921e0f", "a b", "_1", "1-2", "a=b"]
)
def test_what_every_reader_takes_for_a_string_is_one(plain):
    assert reads_as(plain) == {"string"}


@thorough
@given(st.one_of(NUMBERLIKE, st.text(max_size=6)))
@example("=")
@example("12:30:45.5")
@example("2001-12-14t21:59:43.10-05:00")
def test_every_type_that_pyyaml_sees_is_known(plain):
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, plain, (True, False))
    assert tag == "tag:yaml.org,2002:str" or tag.rpartition(":")[2] in reads_as(plain) or is_an_indicator(plain)


@thorough
@given(st.one_of(NUMBERLIKE, st.text(max_size=6)))
@example("0o17")
@example("1e3")
def test_what_ruamel_takes_for_another_type_is_never_a_string_to_all(plain):
    matches = [tag for _, tag, pattern, first in implicit_resolvers if plain[:1] in first and pattern.match(plain)]
    assert (
        not matches or reads_as(plain) != {"string"} or is_an_indicator(plain) or re.fullmatch("[-+0]*_[0-9_]*", plain)
    )


def is_an_indicator(plain):
    """`!`, `&` and `*`, for which there is a type of their own that no reader implements; they are always quoted."""
    return plain.rstrip("\n") in {"!", "&", "*"} or plain.endswith("\n")


@pytest.mark.parametrize("value", ["0", "1", "-1", "10", "9223372036854775807", "-9223372036854775808"])
def test_whole_numbers(value):
    assert is_whole_number(value)
    assert reads_as(value) == {"int"}


@pytest.mark.parametrize(
    "value",
    ["", "-0", "+1", "01", "0x1", "1_000", "1.0", "1e3", "9223372036854775808", "1" * 20, " 1", "1\n", "١", "a"],
)
def test_what_is_not_the_same_whole_number_to_every_reader_is_none(value):
    assert not is_whole_number(value)


@pytest.mark.parametrize(
    ("value", "style", "flow", "best"),
    [
        ("dark", "plain", False, "dark"),
        ("dark", "single", False, "'dark'"),
        ("dark", "double", False, '"dark"'),
        ("on", "plain", False, '"on"'),
        ("", "plain", False, '""'),
        (" x", "plain", False, '" x"'),
        ("x ", "plain", False, '"x "'),
        ("x:", "plain", False, '"x:"'),
        ("x:y#z", "plain", False, "x:y#z"),
        ("a, b", "plain", False, "a, b"),
        ("a,b", "plain", True, '"a,b"'),
        ("a?b", "plain", True, '"a?b"'),
        ("nginx:1.27", "plain", True, "nginx:1.27"),
        ("it's", "single", False, "'it''s'"),
        ("a\nb", "single", False, '"a\\nb"'),
        ('"\\\0\r\t\x85\u2028\ufeff\x7f', "double", False, '"\\"\\\\\\0\\r\\t\\x85\\u2028\\ufeff\\x7f"'),
        ("\U0001f514 é", "plain", False, "\U0001f514 é"),
        ("\U0010ffff\ufffe", "plain", False, '"\U0010ffff\\ufffe"'),
    ],
)
def test_the_best_spelling_keeps_the_style_and_adds_quotes_only_where_needed(value, style, flow, best):
    assert next(spellings(value, "string", style, flow=flow)) == best


def test_a_whole_number_is_never_quoted():
    assert list(spellings("10", "int", "double")) == ["10"]


def test_double_quotes_are_the_last_resort_of_every_style():
    assert list(spellings("dark", "string", "plain")) == ["dark", '"dark"']
    assert list(spellings("dark", "string", "single")) == ["'dark'", '"dark"']


@thorough
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from(["plain", "single", "double"]))
def test_every_spelling_reads_back_as_the_value(value, style):
    for flow in (False, True):
        for spelling in spellings(value, "string", style, flow=flow):
            text = f"{{k: {spelling}, l: 1}}" if flow else f"k: {spelling} # c\nl: 1\n"
            assert yaml.safe_load(text) == {"k": value, "l": 1}
