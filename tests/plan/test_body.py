"""Bodies and comments of pull requests as Markdown: nothing in them is markup but what we wrote."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bellpull.api.changerequest import FileChange
from bellpull.plan import wording
from bellpull.plan.render import Rendered, Step
from tests.builders import BASE, DEPLOYMENT, FILE, a_request, a_uid, rendered
from tests.edits.profile import thorough

many = settings(thorough, max_examples=120)
MARKDOWN = MarkdownIt("commonmark").enable("table")
CHARACTERS = st.characters(exclude_categories=["Cs"])
NASTY = st.text(st.sampled_from("`|\\\n\r\t @#!<>[]()*_~$aé\u202e\u200b\u2066\x00\x1b\U0001f600") | CHARACTERS)


def a_step(label: str, before: str | None, after: str | None, path: str = "data.KEY") -> Step:
    return Step(label, FileChange(file="f.yaml", object="ConfigMap/c", path=path, from_=before, to=after))


def of(*steps: Step, notes: tuple[str, ...] = ()) -> Rendered:
    return Rendered(BASE, steps, notes=notes)


def image(before: str, after: str) -> str:
    return wording.summary([a_step("image", before, after, "spec.template.spec.containers[name=cart].image")])


# Markdown.


def code_spans(markdown: str) -> list[str]:
    tokens = [child for token in MARKDOWN.parse(markdown) for child in (token.children or ())]
    assert {token.type for token in tokens} <= {"code_inline", "text"}
    assert not "".join(token.content for token in tokens if token.type == "text").strip()
    return [token.content for token in tokens if token.type == "code_inline"]


@many
@given(NASTY)
def test_a_code_span_holds_the_whole_text_and_ends_where_it_should(text: str) -> None:
    (inside,) = code_spans(wording.code(text))
    shown = wording.visible(text).replace("|", "\\|") or "(empty)"
    assert inside.strip(" ") == shown.strip(" ")


@many
@given(NASTY)
def test_a_code_span_in_a_table_is_one_cell(text: str) -> None:
    table = f"| A | B |\n|---|---|\n| {wording.code(text)} | `end` |\n"
    spans = code_spans_of_cells(table)
    assert len(spans) == 2
    assert spans[1] == "end"
    assert spans[0].strip(" ") == (wording.visible(text) or "(empty)").strip(" ")


def code_spans_of_cells(table: str) -> list[str]:
    tokens = MARKDOWN.parse(table)
    cells = [tokens[number + 1] for number, token in enumerate(tokens) if token.type == "td_open"]
    return [child.content for cell in cells for child in cell.children or () if child.type == "code_inline"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("a\u202eb", "a\\u202eb"),
        ("\u200b", "\\u200b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("grün → 漢字", "grün → 漢字"),
        ("\U0001f600", "\\U0001f600"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert wording.visible(text) == shown


# The body.


def test_a_body_says_who_what_why_and_how_to_answer() -> None:
    body = wording.body(
        a_request(image="v2", reason="Try `this` | @bob", incident="INC-7"), rendered(image="v2", replicas=10)
    )
    assert body.startswith("`alice` asks for this change of `cart`.\n")
    assert "Reason: ``Try `this` \\| @bob``\n" in body
    assert "Incident: `INC-7`\n" in body
    assert "| `apps/cart/deployment.yaml` | `Deployment/cart` | `spec.replicas` | `3` | `10` |" in body
    assert "**To accept**" in body
    assert f"uid `{a_uid('shop/cart-x7k2p')}`" in body


def test_a_body_says_what_was_not_set_and_what_is_removed_and_passes_notes_on() -> None:
    body = wording.body(a_request(), of(a_step("A", None, "x"), a_step("B", "", None), notes=("a digest went",)))
    assert "| (not set) | `x` |" in body
    assert "| `(empty)` | (removed) |" in body
    assert "\nNote: `a digest went`\n" in body
    assert "Reason:" not in body


@many
@given(NASTY, NASTY)
def test_nothing_in_a_body_is_markup_but_what_we_wrote(value: str, user: str) -> None:
    request = a_request(requestedBy={"username": (user or "x")[:1024]})
    html = MARKDOWN.render(wording.body(request, of(a_step("A", value, value))))
    outside = re.sub(r"<code>.*?</code>|<!-- bellpull [0-9a-f]{16} -->", "", html, flags=re.DOTALL)
    outside = re.sub(r"</?(p|strong|table|thead|tbody|tr|th|td)>", "", outside)
    assert not re.search(r"[@#<>`]", outside)


# The seal: an edit by a person shows.


def test_a_body_is_untouched_until_a_person_edits_it() -> None:
    body = wording.body(a_request(), rendered())
    assert wording.is_untouched(body)
    assert wording.is_untouched(body.strip().replace("\n", "\r\n"))
    assert not wording.is_untouched(body.replace("asks", "begs"))
    assert not wording.is_untouched(f"{body}\nLGTM")
    assert not wording.is_untouched("Somebody's words")


def test_two_bodies_say_the_same_whatever_ends_their_lines() -> None:
    assert wording.same("a\r\nb\r\n", "a\nb")
    assert not wording.same("a\nb", "a\n\nb")


def test_a_body_names_the_other_requests_for_the_same_value() -> None:
    body = wording.body(a_request(), rendered(), ("shop/other (#8)", "shop/more (#9)"))
    assert "Also open for the same value: `shop/other (#8)`. Whichever is merged last wins.\n" in body
    assert "`shop/more (#9)`" in body
    assert wording.is_untouched(body)


# Values that moved under the reviewers.


def test_a_value_that_moved_under_the_reviewers_is_told_as_it_was_and_as_it_is() -> None:
    seen_by_reviewers = [step.change for step in rendered(image="v2", replicas=10).steps]
    now = rendered({FILE: DEPLOYMENT.replace("replicas: 3", "replicas: 20")}, image="v2", replicas=10)
    assert wording.moved(seen_by_reviewers, now) == ("replicas 3 → 10", "replicas 20 → 10")


def test_values_that_stand_where_they_stood_did_not_move() -> None:
    result = rendered(replicas=10)
    assert wording.moved([step.change for step in result.steps], result) == ("", "")
    assert wording.moved([], result) == ("", "")


def test_a_value_that_was_not_there_before_moved_too() -> None:
    before = [a_step("A", None, "x").change]
    assert wording.moved(before, of(a_step("A", "y", "x"))) == ('A "" → x', "A y → x")


def test_the_comment_and_the_body_say_what_it_was() -> None:
    assert wording.look_again("replicas 3 → 10", "replicas 20 → 10") == (
        "The base branch has changed under this pull request: was `replicas 3 → 10`, now `replicas 20 → 10`. "
        "Please look again."
    )
    body = wording.body(a_request(), rendered(), was="replicas 1 → 10")
    assert "The base branch has changed: was `replicas 1 → 10`, now `replicas 3 → 10`.\n" in body


@many
@given(NASTY.filter(bool))
def test_the_commit_keeps_what_it_was_and_no_value_forges_a_trailer(value: str) -> None:
    was = wording.summary([a_step("A", f"{value}\nChange-Request-UID: {a_uid('forged')}", "x")])
    said = wording.commit_message(a_request(), rendered(), was)
    assert wording.was_of(said) == was
    assert wording.uid_of(said) == a_uid("shop/cart-x7k2p")
    assert len(said.splitlines()) == 6


def test_a_commit_whose_base_never_moved_was_nothing_else() -> None:
    assert wording.was_of(wording.commit_message(a_request(), rendered())) == ""
