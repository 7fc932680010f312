"""Where a value stands inside one YAML document: `spec.template.spec.containers[name=cart].image`."""

from dataclasses import dataclass

_ESCAPED = str.maketrans({"\\": "\\\\", ".": "\\.", "[": "\\[", "]": "\\]"})


@dataclass(frozen=True)
class Key:
    """The value under a key of a mapping."""

    name: str

    def __str__(self) -> str:
        return self.name.translate(_ESCAPED)


@dataclass(frozen=True)
class Item:
    """The one item of a list of mappings whose `key` has this value."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"[{self.key}={self.value.translate(_ESCAPED)}]"


Path = tuple[Key | Item, ...]


def text(path: Path) -> str:
    """The path as people write it; dots inside a key are escaped: `data.feature\\.dark`."""
    written = ""
    for segment in path:
        written += f".{segment}" if written and isinstance(segment, Key) else str(segment)
    return written
