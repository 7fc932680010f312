"""What `apply` reports, beside the text that the case files show."""

import pytest

from bellpull.edits.operations import Change, Set, SetImage, apply
from bellpull.errors import Refused
from tests.edits.builders import FLAGS, a_path, set_flag

CART = """\
kind: Deployment
metadata: {name: cart}
spec:
  replicas: 3
  template: {spec: {containers: [{name: cart, image: acme/cart:v1}]}}
"""
REPLICAS = a_path("spec", "replicas")
IMAGE = a_path("spec", "template", "spec", "containers", {"name": "cart"}, "image")


def test_several_edits_are_reported_in_the_order_asked_for():
    edited = apply(CART, "cart.yaml", ("Deployment", "cart", None), [SetImage(IMAGE, "v2"), Set(REPLICAS, "10", "int")])
    assert edited.changes == (
        Change("spec.template.spec.containers[name=cart].image", "acme/cart:v1", "acme/cart:v2", 5, IMAGE),
        Change("spec.replicas", "3", "10", 4, REPLICAS),
    )
    assert edited.notes == ()


def test_an_edit_that_changes_nothing_is_not_reported():
    edited = apply(CART, "cart.yaml", ("Deployment", "cart", None), [SetImage(IMAGE, "v2"), Set(REPLICAS, "3", "int")])
    assert [change.path for change in edited.changes] == ["spec.template.spec.containers[name=cart].image"]


def test_no_edits_change_nothing():
    edited = apply(CART, "cart.yaml", ("Deployment", "cart", None), [])
    assert (edited.text, edited.changes, edited.notes) == (CART, (), ())


def test_the_path_is_reported_as_people_write_it():
    edited = set_flag(FLAGS.format("  feature.dark: x\n"), "feature.dark", "on")
    assert edited.changes[0].path == r"data.feature\.dark"
    assert (edited.changes[0].before, edited.changes[0].after) == ("x", "on")


def test_a_value_that_no_file_can_hold_is_refused():
    with pytest.raises(Refused, match="the edited file could not be read back"):
        set_flag(FLAGS.format("  mode: x\n"), "mode", "\ud800")


def test_a_value_that_makes_the_file_too_big_is_refused():
    with pytest.raises(Refused, match="the edited file could not be read back"):
        set_flag(FLAGS.format("  mode: x\n"), "mode", "x" * (1 << 20))


def test_the_root_itself_is_no_value():
    with pytest.raises(Refused, match="the document is a mapping, not a single value"):
        apply(CART, "cart.yaml", ("Deployment", "cart", None), [Set((), "x", "string")])
