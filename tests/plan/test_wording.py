"""Every word that reaches the forge: what users and files supply can neither mention, forge nor disguise anything."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bellpull.api.changerequest import FileChange
from bellpull.plan import wording
from bellpull.plan.render import Rendered, Step
from tests.builders import BASE, a_request, a_uid, rendered
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


# Branch names.


def test_a_branch_name_is_the_same_for_the_same_object() -> None:
    assert wording.branch_name(a_request(), "bellpull/") == wording.branch_name(a_request(), "bellpull/")


def test_a_name_that_is_used_again_gets_another_branch() -> None:
    again = a_request(meta={"uid": a_uid("another")})
    assert wording.branch_name(a_request(), "b/") != wording.branch_name(again, "b/")


@pytest.mark.parametrize("name", ["cart", "a" * 253, "a.b..c", "cart.lock", "a" * 59 + ".x", "0", "a--b"])
def test_a_branch_name_is_plain_and_short_whatever_the_object_is_called(name: str) -> None:
    branch = wording.branch_name(a_request(name), "bellpull/")
    assert re.fullmatch(r"bellpull/[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?-[0-9a-f]{12}", branch)


# Summary: one line for status and terminals.


def test_a_summary_names_tags_and_numbers() -> None:
    assert image("ghcr.io/acme/cart:v1.4.1", "ghcr.io/acme/cart:v1.4.2") == "image v1.4.1 → v1.4.2"
    assert wording.summary([a_step("replicas", "3", "10")]) == "replicas 3 → 10"
    assert wording.summary(rendered(image="v2", replicas=10).steps) == "image v1.4.1 → v2, replicas 3 → 10"


def test_a_summary_shortens_digests_and_says_latest_where_there_is_no_tag() -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    assert image("localhost:5000/cart", f"localhost:5000/cart@{digest}") == "image latest → sha256:0123456789ab"
    assert image(f"acme/cart:v1@{digest}", "acme/cart:v2") == "image v1 → v2"


def test_a_summary_shows_empty_and_long_values() -> None:
    assert wording.summary([a_step("A", None, "")]) == 'A "" → ""'
    assert wording.summary([a_step("A", "x" * 41, "b")]) == f'A "{"x" * 40}…" → b'


def test_a_summary_of_many_values_fits_into_the_status() -> None:
    line = wording.summary([a_step(f"KEY_{number}", "a" * 40, "b" * 40) for number in range(50)])
    assert line.startswith("50 values: KEY_0 aaa")
    assert len(line) <= 512


@many
@given(NASTY, NASTY)
def test_a_summary_is_always_one_visible_line(before: str, after: str) -> None:
    line = wording.summary([a_step("A", before, after)])
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", line)


# Title: of the pull request and of the commit.


def test_a_title_says_what_changes() -> None:
    assert wording.title(a_request(), rendered(image="v2", replicas=10)) == "cart: image v1.4.1 → v2, replicas 3 → 10"
    assert wording.title(a_request(), of(a_step("A", None, "on"))) == "cart: A (empty) → on"
    assert wording.title(a_request(), of(a_step("A", "on", ""))) == "cart: A on → (empty)"


@many
@given(NASTY, NASTY)
def test_a_title_never_holds_what_could_mention_close_or_disguise(before: str, after: str) -> None:
    title = wording.title(a_request(), of(a_step("A", before, after)))
    assert re.fullmatch(r"cart: [A-Za-z0-9._:+() →-]+", title)


@pytest.mark.parametrize("value", ["@bob", "#12", "!3", "closes #1", "[skip ci]", "a b", "<b>", "x" * 41, "-f"])
def test_a_value_that_is_not_harmless_is_left_out_of_the_title(value: str) -> None:
    assert wording.title(a_request(), of(a_step("A", "on", value))) == "cart: A"


def test_a_long_title_counts_instead() -> None:
    steps = [a_step(f"KEY_{number}", "a", "b") for number in range(9)]
    assert wording.title(a_request(), of(*steps)) == "cart: 9 values"


# The commit message.


def message(**spec) -> str:
    return wording.commit_message(a_request(**spec), rendered(replicas=10))


def test_a_commit_names_the_request_and_who_asked() -> None:
    assert message() == (
        "cart: replicas 3 → 10\n\nChange-Request: shop/cart-x7k2p\n"
        f"Change-Request-UID: {a_uid('shop/cart-x7k2p')}\nRequested-by: alice\n"
    )


def test_a_commit_says_nothing_of_the_reason() -> None:
    assert "closes" not in message(reason="closes 12", incident="INC-1")


@many
@given(NASTY.filter(bool).map(lambda text: text[:1024]))
def test_a_user_name_can_not_forge_a_trailer_or_mention_anybody(username: str) -> None:
    forged = username + "\nChange-Request-UID: " + a_uid("forged")
    said = message(requestedBy={"username": forged[:1024]})
    lines = said.splitlines()
    assert len(lines) == 5
    assert wording.uid_of(said) == a_uid("shop/cart-x7k2p")
    assert re.fullmatch(r"Requested-by: [A-Za-z0-9 @:.+/=_%~-]*", lines[4])
    assert not re.search(r"(?<![A-Za-z0-9])@", lines[4])


@pytest.mark.parametrize("username", ["@bob", "a @bob", "oidc:@bob", "@@bob", "a/@bob"])
def test_a_user_name_mentions_nobody(username: str) -> None:
    assert "@" not in message(requestedBy={"username": username}).splitlines()[4]


def test_a_user_name_that_is_an_address_stays_readable() -> None:
    said = message(requestedBy={"username": "oidc:alice@acme.example"})
    assert said.endswith("Requested-by: oidc:alice@acme.example\n")


def test_a_request_of_nobody_says_unknown() -> None:
    assert message(requestedBy=None).endswith("Requested-by: unknown\n")
    assert "`somebody unknown` asks" in wording.body(a_request(requestedBy=None), rendered())


# The uid is read from real trailers only.


def test_a_uid_is_read_from_the_last_paragraph_only() -> None:
    uid = a_uid("x")
    assert wording.uid_of(f"Title\n\nChange-Request-UID: {uid}\n") == uid
    assert wording.uid_of(f"Change-Request-UID: {uid}\n\nBody\n") == ""
    assert wording.uid_of(f"Title\n\nSee Change-Request-UID: {uid}\n") == ""
    assert wording.uid_of(f"Title\n\nChange-Request-UID: {uid}x\n") == ""
    assert wording.uid_of("Title\n\nChange-Request-UID: short\n") == ""
    assert wording.uid_of("") == ""
