"""Promises over random documents: only the asked leaf changes, other bytes stay, nothing but Refused is raised."""

import json

import yaml
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from bellpull.edits.documents import parse
from bellpull.edits.locate import find
from bellpull.edits.operations import Set, apply
from bellpull.errors import Refused
from tests.edits.builders import a_path
from tests.edits.profile import costly, thorough

WANTED = ("ConfigMap", "flags", None)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
AWKWARD = st.sampled_from(
    [
        "on",
        "1.20",
        "0755",
        "12:30",
        "",
        " x",
        "x ",
        "a: b",
        "x #y",
        "~",
        "{{",
        "- a",
        "a\nb",
        "'",
        '"',
        "é🔔",
        "#",
        "a,b",
        "{}",
    ]
)
VALUES = st.one_of(AWKWARD, TEXTS)
KEYS = st.from_regex(r"\A[a-z][a-z0-9._-]{0,8}\Z")
CHARACTERS = "abc:-?#&*!|>'\"%@`{}[],\n \t\0\ud800\ufeff🔔"
INDICATORS = ["\n  ", ": ", "- ", "---\n", "...\n", "<<: ", "&a ", "*a", "!t ", "{{ ", "\r\n"]
WORDS = ["kind", "ConfigMap", "flags", "metadata", "name"]
PIECES = st.sampled_from([*CHARACTERS, *INDICATORS, *WORDS])


@st.composite
def documents(draw):
    """A ConfigMap in a random style, and its data."""
    data = draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
    flow = draw(st.booleans())
    written = [(key, value, draw(spelt(value, flow))) for key, value in data.items()]
    if flow:
        gap = draw(st.sampled_from(["", " ", "  "]))
        body = "data: {" + gap + f",{gap} ".join(f"{key}: {spelling}" for key, _, spelling in written) + gap + "}\n"
    else:
        comments = st.sampled_from(["", " ", "  # why", "\n\n  # next"])
        body = "data:\n" + "".join(f"  {key}: {spelling}{draw(comments)}\n" for key, _, spelling in written)
    head = draw(st.sampled_from(["", "---\n", "# head\n\n---\n", "kind: Other\nmetadata: {name: flags}\n---\n"]))
    tail = draw(st.sampled_from(["", "...\n", "---\n# nothing\n", "---\nkind: Last\nx: &a [1]\ny: *a\n"]))
    text = f"{head}kind: ConfigMap\nmetadata: {{name: flags}}\n{body}{tail}"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text, data


def spelt(value, flow):
    """Ways in which a person might have written a value; only those that PyYAML reads back as the same string."""
    block = [] if flow else [f"|-\n    {value}", f">-\n    {value}"]
    candidates = [value, f"'{value}'", *block, json.dumps(value, ensure_ascii=True)]
    return st.sampled_from([one for one in candidates if reads(one, value)] or ['"?"'])


def reads(spelling, value):
    # The byte order mark and the other breaks are read differently once the file around them is CRLF.
    if not value.isprintable() or any(mark in spelling for mark in ("\\ud", "\n\n")):
        return spelling == json.dumps(value) and "\\ud" not in spelling
    try:
        return yaml.safe_load(f"{{k: {spelling}, l: 1}}") == {"k": value, "l": 1} or (
            spelling[:1] in "|>" and yaml.safe_load(f"x:\n  k: {spelling}\n  l: 1\n") == {"x": {"k": value, "l": 1}}
        )
    except yaml.YAMLError:
        return False


@costly
@given(documents(), st.data())
def test_exactly_the_asked_leaf_changes(document, data):
    text, values = document
    key = data.draw(st.sampled_from(sorted(values)))
    value = data.draw(VALUES)
    edit = Set(a_path("data", key), value, "string")
    edited = applied_unless_refused_by_name(text, edit)
    before, after = (list(yaml.safe_load_all(one.removeprefix("\ufeff"))) for one in (text, edited.text))
    the_map(before)["data"][key] = value
    assert after == before
    assert same_bytes_around(text, edited)
    assert apply(edited.text, "flags.yaml", WANTED, [edit]).text == edited.text


def applied_unless_refused_by_name(text, edit):
    """Block scalars and placeholders are refused; such an example says nothing more."""
    try:
        return apply(text, "flags.yaml", WANTED, [edit])
    except Refused as refusal:
        message = refusal.message
    assert "is a block scalar" in message or "is the placeholder" in message
    return reject()


def the_map(loaded):
    return next(one for one in loaded if one and one["kind"] == "ConfigMap")


def same_bytes_around(text, edited):
    """The old text without the old scalar is the new text without the new one; found without asking the engine how."""
    if not edited.changes:
        return text == edited.text
    old, new = leaf_of(text, edited.changes[0]), leaf_of(edited.text, edited.changes[0])
    return (text[: old.start], text[old.end :]) == (edited.text[: new.start], edited.text[new.end :])


def leaf_of(text, change):
    (document,) = (one for one in parse(text, "flags.yaml") if one.kind == "ConfigMap")
    return find(document, change.where)


@costly
@given(documents(), st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_whole_number_reads_back_as_one(document, number):
    text, values = document
    key = min(values)
    edited = applied_unless_refused_by_name(text, Set(a_path("data", key), str(number), "int"))
    assert the_map(yaml.safe_load_all(edited.text.removeprefix("\ufeff")))["data"][key] == number


@thorough
@given(st.lists(PIECES, max_size=40).map("".join), VALUES)
def test_random_text_raises_nothing_but_refused(noise, value):
    text = f"kind: ConfigMap\nmetadata: {{name: flags}}\ndata:\n  mode: {noise}\n"
    assume(len(text) < 500)
    for candidate in (text, noise):
        try:
            edited = apply(candidate, "flags.yaml", WANTED, [Set(a_path("data", "mode"), value, "string")])
        except Refused:
            continue
        assert apply(edited.text, "flags.yaml", WANTED, [Set(a_path("data", "mode"), value, "string")]).changes == ()
