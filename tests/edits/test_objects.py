"""Which file defines an object: found by content, never guessed where two could be meant."""

import pytest

from bellpull.edits.locate import find_object
from bellpull.errors import Refused

CART = "kind: Deployment\nmetadata: {name: cart}\n"
CART_IN_SHOP = "kind: Deployment\nmetadata: {name: cart, namespace: shop}\n"


def the_refusal_of(files, namespace=None):
    with pytest.raises(Refused) as refusal:
        find_object(files, "Deployment", "cart", namespace)
    return refusal.value.message


def the_place_in(files, namespace=None):
    found = find_object(files, "Deployment", "cart", namespace)
    assert found is not None
    return found


def test_the_object_is_found_among_many_files_and_documents():
    service = "kind: Service\nmetadata: {name: cart}\n"
    files = {"README.md": CART, "a.yaml": service, "b.yml": f"{service}---\n# Deployment cart\n---\n{CART}"}
    file, document = the_place_in(files)
    assert (file, document.file, document.index) == ("b.yml", "b.yml", 2)


def test_no_file_no_object():
    assert find_object({}, "Deployment", "cart") is None
    assert find_object({"a.yaml": "# Deployment cart\n- x\n"}, "Deployment", "cart") is None


def test_two_definitions_are_refused_with_both_places():
    assert "Deployment cart is defined more than once: a.yaml:1 and b.yaml:2." in the_refusal_of(
        {"b.yaml": f"\n{CART}", "a.yaml": CART}
    )


def test_without_a_namespace_asked_for_every_namespace_counts():
    assert "a.yaml:1 and b.yaml:1" in the_refusal_of({"a.yaml": CART, "b.yaml": CART_IN_SHOP})


def test_a_document_without_a_namespace_counts_for_every_namespace():
    assert "Deployment shop/cart is defined" in the_refusal_of({"a.yaml": CART, "b.yaml": CART_IN_SHOP}, "shop")
    assert the_place_in({"a.yaml": CART, "b.yaml": CART_IN_SHOP}, "test")[0] == "a.yaml"


def test_a_broken_file_that_cannot_hold_the_object_does_not_block():
    broken = {"a.yaml": "kind: Deployment\nx: [", "b.yaml": "name: cart\nx: [", "c.yaml": CART}
    assert the_place_in(broken)[0] == "c.yaml"


def test_a_broken_file_that_may_hold_the_object_blocks():
    assert "b.yaml:3: this is not YAML" in the_refusal_of({"a.yaml": CART, "b.yaml": CART + "x: ["})


def test_json_is_refused_only_if_nothing_else_defines_the_object():
    json = '{"kind": "Deployment", "metadata": {"name": "cart"}}'
    assert the_place_in({"a.json": json, "b.yaml": CART})[0] == "b.yaml"
    assert find_object({"a.json": "{}", "b.txt": json}, "Deployment", "cart") is None
    assert "a.json may define Deployment cart, but JSON is not edited." in the_refusal_of({"a.json": json})


def test_an_item_of_a_list_object_is_refused():
    item = "{kind: Deployment, metadata: {name: cart, namespace: shop}}"
    assert "is an item of a List" in the_refusal_of({"a.yaml": f"kind: List\nitems: [{item}]\n"})
    assert find_object({"a.yaml": f"kind: List\nitems: [{item}]\n"}, "Deployment", "cart", "test") is None
    assert (
        find_object(
            {"a.yaml": "kind: List\nitems: [{metadata: {name: cart}}, {kind: Deployment}, x]\n"}, "Deployment", "cart"
        )
        is None
    )
