"""Container image references: which part is the tag, and what a new tag or digest makes of the whole."""

import re
from dataclasses import dataclass
from typing import Final

# https://github.com/distribution/reference, the grammar that container runtimes share.
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}\Z")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:/\[\]-]*\Z")
_PLACEHOLDER: Final = re.compile(r"\$\(|\$\{|\{\{|<[^>]*>")


@dataclass(frozen=True, slots=True)
class Image:
    """`repository:tag@digest`; tag and digest are None where they are not written."""

    repository: str
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        return self.repository + tag + (f"@{self.digest}" if self.digest is not None else "")


def is_tag(text: str) -> bool:
    return bool(_TAG.match(text))


def is_digest(text: str) -> bool:
    return bool(_DIGEST.match(text))


def placeholder(text: str) -> str | None:
    """The start of a placeholder that something else fills in later: `$(`, `${`, `{{`, `<…>`."""
    found = _PLACEHOLDER.search(text)
    return found.group() if found else None


def split(text: str) -> Image | None:
    """The parts of an image reference, None if it is not one; the colon of `localhost:5000/x` is a port's."""
    rest, at, digest = text.partition("@")
    folder, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    image = Image(folder + slash + last, tag if colon else None, digest if at else None)
    valid = (
        _REPOSITORY.match(image.repository) and last and (not colon or is_tag(tag)) and (not at or is_digest(digest))
    )
    return image if valid else None


def retag(image: Image, asked: str) -> tuple[Image, str | None]:
    """The image with this tag or digest, and what had to go for it: a digest beside a new tag would win."""
    if asked == image.digest:
        return image, None
    if is_digest(asked):
        return Image(image.repository, None, asked), image.tag and f"the tag {image.tag}"
    return Image(image.repository, asked, None), image.digest and f"the pinned digest {image.digest}"
