"""Text to trees: exact places, and Refused for whatever is no text, no YAML or too much of it."""

import pytest

from bellpull.edits import documents
from bellpull.edits.documents import decode, parse
from bellpull.errors import Refused


def the_source_of(text):
    """Value and source of every scalar and alias of the text."""
    return [
        (node.value, text[node.start : node.end])
        for document in parse(text, "file.yaml")
        for node in document.root.walk()
        if node.kind in {"scalar", "alias"}
    ]


def the_refusal_of(text):
    with pytest.raises(Refused) as refusal:
        parse(text, "file.yaml")
    return refusal.value.message


def test_the_place_of_a_scalar_is_its_source_in_every_style():
    text = "\ufeffa: 'x '' y'\r\n\"🔔\": \"\\x41\"\r\n? &n c\r\n: *n\r\nd: !t e\r\nf: g\r\n  h\r\ni: [j , k]\r\n"
    assert the_source_of(text) == [
        ("a", "a"),
        ("x ' y", "'x '' y'"),
        ("🔔", '"🔔"'),
        ("A", '"\\x41"'),
        ("c", "&n c"),
        ("n", "*n"),
        ("d", "d"),
        ("e", "!t e"),
        ("f", "f"),
        ("g h", "g\r\n  h"),
        ("i", "i"),
        ("j", "j"),
        ("k", "k"),
    ]


def test_lines_count_from_one_over_all_documents():
    first, second = parse("\n# x\nkind: A\n---\n\nkind: B\n", "file.yaml")
    assert (first.line, first.index, second.line, second.index) == (3, 0, 6, 1)


def test_a_document_knows_what_object_it_is():
    (document,) = parse("apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n", "file.yaml")
    assert (document.api_version, document.kind, document.name, document.namespace) == ("v1", "Service", "cart", "shop")


def test_a_document_that_does_not_say_what_it_is_has_no_name():
    (document,) = parse("kind: [A]\nmetadata: x\n", "file.yaml")
    assert (document.api_version, document.kind, document.name, document.namespace) == ("", "", "", None)


def test_an_empty_file_has_no_documents():
    assert parse("", "file.yaml") == ()
    assert parse("# only a comment\n", "file.yaml") == ()


def test_style_and_flow_are_told_apart():
    (document,) = parse("a: {b: [c]}\nd: |\n  e\nf: >\n  g\n", "file.yaml")
    styles = {node.value: (node.style, node.flow) for node in document.root.walk() if node.kind == "scalar"}
    assert styles["c"] == ("plain", True)
    assert styles["d"] == ("plain", False)
    assert styles["e\n"] == ("literal", False)
    assert styles["g\n"] == ("folded", False)
    assert [node.style for node in document.root.walk() if node.kind != "scalar"] == ["block", "flow", "flow"]


def test_keys_that_are_no_scalars_are_no_duplicates():
    (document,) = parse("? [a]\n: 1\n? [a]\n: 2\n? {b: c}\n: 3\n", "file.yaml")
    assert document.flaw is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: b: c\n",
            "file.yaml:1: this is not YAML that can be read (mapping values are not allowed in this context)",
        ),
        ("a: 1\n\ufeffb: [\n\n\n", "file.yaml:2: "),
        ("a: 1\n\0", "file.yaml:2: this is not YAML that can be read (control characters are not allowed)"),
        ("a: 1\nb: \ud800\n", "file.yaml:2: a lone surrogate cannot be written as UTF-8"),
        ("[" * 101, "file.yaml:1: nested deeper than 100 levels"),
        ("a: " + "x" * documents.MAX_BYTES, "file.yaml has 1048579 bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_line(text, message):
    assert message in the_refusal_of(text)


def test_a_hundred_levels_are_read():
    (document,) = parse("[" * 100 + "]" * 100, "file.yaml")
    assert len(list(document.root.walk())) == 100


def test_bytes_are_decoded_and_a_byte_order_mark_is_kept():
    assert decode(b"\xef\xbb\xbfa: \xf0\x9f\x94\x94\r\n", "file.yaml") == "\ufeffa: 🔔\r\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a: 1\n".encode("utf-16"), "file.yaml is UTF-16. Save it as UTF-8 first."),
        (b"a: 1\nb: \xff\n", "file.yaml:2: byte 8 is not UTF-8."),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "file.yaml is a Git LFS pointer"),
    ],
)
def test_bytes_that_are_no_utf_8_text_are_refused(data, message):
    with pytest.raises(Refused) as refusal:
        decode(data, "file.yaml")
    assert message in refusal.value.message
