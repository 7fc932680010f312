"""Paths to nodes, and the sentences for paths that lead nowhere or too far."""

import pytest

from bellpull.edits.locate import Absent, find, items
from bellpull.errors import Refused
from tests.edits.builders import a_document, a_path

CONTAINERS = a_path("spec", "containers")


def the_refusal_of(text, *segments):
    with pytest.raises(Refused) as refusal:
        find(a_document(text), a_path(*segments))
    return refusal.value


def test_a_path_leads_to_the_one_node():
    document = a_document("spec: {containers: [{name: web, image: a}, {image: b, name: side}]}\n")
    assert find(document, a_path("spec", "containers", {"name": "side"}, "image")).value == "b"
    assert find(document, ()).kind == "mapping"


def test_what_is_missing_is_absent_and_what_is_there_is_named():
    refusal = the_refusal_of("spec:\n  a: 1\n  ? [b]\n  : 2\n", "spec", "c")
    assert isinstance(refusal, Absent)
    assert refusal.message == "file.yaml:2: spec has no c; it has a. Add it by hand, or correct the path."


def test_a_long_list_of_what_is_there_is_cut():
    text = "".join(f"k{number}: 1\n" for number in range(12))
    assert "the document has no x; it has k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more." in str(
        the_refusal_of(text, "x")
    )


@pytest.mark.parametrize("null", ["", " ~", " null"])
def test_below_a_null_everything_is_absent(null):
    assert "spec has no a; it has none." in str(the_refusal_of(f"spec:{null}\n", "spec", "a"))
    assert "spec has no item with name=a; it has none." in str(the_refusal_of(f"spec:{null}\n", "spec", {"name": "a"}))


@pytest.mark.parametrize(
    ("text", "segments", "message"),
    [
        ("spec: [a]\n", ("spec", "a"), "file.yaml:1: spec is a list. Name the item, as in spec[name=…]."),
        ("spec: b\n", ("spec", "a"), "spec is a single value, so it has no key a."),
        ("spec: ''\n", ("spec", "a"), "spec is a single value, so it has no key a."),
        ("spec: {}\n", ("spec", {"name": "a"}), "spec is not a list, so it has no item [name=a]."),
        ("spec: b\n", ("spec", {"name": "a"}), "spec is not a list, so it has no item [name=a]."),
        ("spec: [a, {x: y}, {name: [b]}]\n", ("spec", {"name": "b"}), "spec has no item with name=b; it has none."),
        ("a: &a {}\nspec: [{<<: *a}]\n", ("spec", {"name": "b"}), "takes in others through aliases"),
        ("&a spec: {b: !t {c: 1}}\n", ("spec", "b", "c"), "spec.b carries the tag !t"),
        ("spec: &a {b: 1}\nc: [*a]\n", ("spec", "b"), "spec carries the anchor &a"),
        ("*a : 1\n", ("b",), "the document has no b; it has none."),
    ],
)
def test_a_path_that_cannot_be_followed_is_refused(text, segments, message):
    assert message in the_refusal_of(text, *segments).message


def test_items_are_the_names_in_the_order_of_the_text():
    document = a_document("spec: {containers: [{name: web}, {image: x}, y, {name: side}]}\n")
    assert items(document, CONTAINERS, "name") == ("web", "side")


@pytest.mark.parametrize(
    "text", ["spec: {}\n", "spec:\n", "spec: {containers: }\n", "spec: {containers: x}\n", "a: 1\n"]
)
def test_an_absent_list_has_no_items(text):
    assert items(a_document(text), CONTAINERS, "name") == ()


def test_items_of_an_alias_are_refused():
    with pytest.raises(Refused):
        items(a_document("a: &a [{name: web}]\nspec: {containers: *a}\n"), CONTAINERS, "name")
