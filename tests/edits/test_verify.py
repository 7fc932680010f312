"""The judge: every way in which an edit could do more, or less, than was asked is caught here, whatever made it."""

import pytest

from bellpull.edits import second
from bellpull.edits.verify import Splice, seconded, splice, verify
from bellpull.errors import Refused

BEFORE = "a: 1\nb: x\nc: [2, y]\n"
B = Splice(8, 9, "z", "z", "string")


def the_verdict_on(splices, before=BEFORE, after=None):
    with pytest.raises(Refused) as refusal:
        verify(before, splice(before, splices) if after is None else after, "file.yaml", splices)
    return refusal.value.message


def test_an_edit_that_did_what_was_asked_passes():
    verify(BEFORE, "a: 1\nb: z\nc: [2, y]\n", "file.yaml", [B])
    verify(BEFORE, BEFORE, "file.yaml", [])


def test_several_edits_pass_in_any_order():
    splices = [Splice(17, 18, "w", "w", "string"), B, Splice(3, 4, "100", "100", "int")]
    assert splice(BEFORE, splices) == "a: 100\nb: z\nc: [2, w]\n"
    verify(BEFORE, splice(BEFORE, splices), "file.yaml", splices)


@pytest.mark.parametrize(
    "after", ["a: 1\nb: z\nc: [2, w]\n", "a: 2\nb: z\nc: [2, y]\n", "a: 1\nb: w\nc: [2, y]\n", BEFORE + "#"]
)
def test_any_byte_that_was_not_asked_for_is_caught(after):
    assert "the edit would change more than it was asked to" in the_verdict_on([B], after=after)


def test_overlapping_edits_are_caught():
    assert "more than it was asked to" in the_verdict_on([Splice(5, 9, "b: z", "z", "string"), B], after=BEFORE)


@pytest.mark.parametrize(
    "written", ["z\nd: 1", "z # c\nd: 1", "*n", "[z]", "&n z", "!t z", "'w'", "z, w", "3", "on", "", "z: w", "\nz: w"]
)
def test_text_that_does_not_read_back_as_the_value_is_caught(written):
    assert the_verdict_on([Splice(8, 9, written, "z", "string")]).startswith("file.yaml:")


def test_a_string_that_some_reader_takes_for_another_type_is_caught():
    assert "would not read back" in the_verdict_on([Splice(8, 9, "on", "on", "string")])
    assert "would not read back" in the_verdict_on([Splice(8, 9, "'1'", "1", "int")])


def test_a_neighbour_that_is_swallowed_and_written_anew_is_caught():
    splices = [Splice(4, 5, "z, c: y} #", "z", "string")]
    assert "file.yaml:1: the edit would change more" in the_verdict_on(splices, "{b: x, c: y}\n")


def test_a_place_that_is_no_scalar_is_caught():
    assert "more than it was asked to" in the_verdict_on([Splice(13, 19, "[]", "[]", "string")])


def test_a_value_that_ends_the_document_is_caught():
    assert the_verdict_on([Splice(8, 9, "z\n---\nb: x", "z", "string")]).startswith("file.yaml:2:")


def test_two_empty_scalars_at_one_place_are_not_told_apart():
    # `: ` in braces is an empty key with an empty value, and libyaml gives both the same place.
    before = "{? }\n"
    assert "more than it was asked to" in the_verdict_on([Splice(2, 2, " z", "z", "string")], before)


def test_what_the_second_reader_cannot_read_counts_for_nothing():
    assert second.reads("[") is None
    assert second.reads("z # c") == "z"


def test_a_scalar_that_the_second_reader_reads_otherwise_is_refused():
    # An integer that no reader takes for another one is spelt one way only: this is the guard against the day one does.
    with pytest.raises(Refused, match="would not read back"):
        seconded(Splice(0, 1, "'1'", "1", "int"), "file.yaml", 1)
