"""Files made to hurt: each is answered, and soon. The bounds only tell seconds from minutes."""

import time

import pytest

from bellpull.edits.documents import parse
from bellpull.errors import Refused
from tests.edits.builders import FLAGS, set_flag


@pytest.fixture(autouse=True)
def soon():
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 30


def test_an_alias_bomb_is_never_expanded():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert set_flag(bomb + FLAGS.format("  mode: dark\n"), "mode", "light").text.endswith("  mode: light\n")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{"])
def test_deep_nesting_is_refused(opening):
    with pytest.raises(Refused, match="nested deeper"):
        parse(opening * 5_000, "file.yaml")


def test_a_hundred_thousand_keys_are_too_many():
    with pytest.raises(Refused, match="more than 200000 values"):
        parse("data: {" + ", ".join(f"{n:x}" for n in range(100_000)) + "}", "file.yaml")


def test_twenty_thousand_keys_are_served():
    text = FLAGS.format("".join(f"  k{n}: v\n" for n in range(20_000)))
    assert "  k19999: w\n" in set_flag(text, "k19999", "w").text


def test_a_megabyte_integer_is_served():
    text = FLAGS.format(f"  mode: {'9' * 1_000_000}\n")
    assert set_flag(text, "mode", "light").text == FLAGS.format("  mode: light\n")


def test_a_megabyte_integer_is_no_whole_number():
    with pytest.raises(Refused, match="needs a whole number"):
        set_flag(FLAGS.format("  mode: x\n"), "mode", "9" * 1_000_000, "int")


@pytest.mark.parametrize(
    "unit", ["'", '"', "a: [", "&a ", "!t ", "\n  ", "{", ", ", "? ", "%T a\n", "#", "- - ", "\t", "|\n"]
)
def test_a_file_of_one_thing_repeated_is_answered(unit):
    try:
        parse(unit * (400_000 // len(unit)), "file.yaml")
    except Refused:
        return
