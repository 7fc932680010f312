"""Image references taken apart and put together."""

import pytest

from bellpull.edits.images import Image, placeholder, retag, split

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("nginx", Image("nginx", None, None)),
        ("nginx:1.27", Image("nginx", "1.27", None)),
        ("localhost:5000/x", Image("localhost:5000/x", None, None)),
        ("localhost:5000/x/y:v1", Image("localhost:5000/x/y", "v1", None)),
        ("[::1]:5000/x:v1", Image("[::1]:5000/x", "v1", None)),
        (f"ghcr.io/a/b@{DIGEST}", Image("ghcr.io/a/b", None, DIGEST)),
        (f"ghcr.io/a/b:v1@{DIGEST}", Image("ghcr.io/a/b", "v1", DIGEST)),
    ],
)
def test_a_reference_is_taken_apart_and_put_together(text, image):
    assert split(text) == image
    assert str(image) == text


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "nginx:", "nginx:a:b", "a/", "a/:v1", "a@", "a@sha256:0", "@x", ":v1", "ä"]
)
def test_what_is_no_reference_is_none(text):
    assert split(text) is None


@pytest.mark.parametrize(
    ("text", "found"), [("a:$(T)", "$("), ("${A}", "${"), ("{{ x }}", "{{"), ("a:<TAG>", "<TAG>"), ("a:b", None)]
)
def test_placeholders_are_found(text, found):
    assert placeholder(text) == found


def test_a_new_tag_drops_the_digest():
    assert retag(Image("a", "v1", DIGEST), "v2") == (Image("a", "v2", None), f"the pinned digest {DIGEST}")
    assert retag(Image("a", "v1", None), "v2") == (Image("a", "v2", None), None)


def test_a_new_digest_drops_the_tag():
    assert retag(Image("a", "v1", None), DIGEST) == (Image("a", None, DIGEST), "the tag v1")


def test_a_digest_that_is_pinned_already_keeps_its_tag():
    assert retag(Image("a", "v1", DIGEST), DIGEST) == (Image("a", "v1", DIGEST), None)
