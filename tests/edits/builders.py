"""Short ways to write paths, documents and edits in tests."""

from bellpull.edits.documents import parse
from bellpull.edits.operations import Set, apply
from bellpull.edits.paths import Item, Key

FLAGS = "kind: ConfigMap\nmetadata: {{name: flags}}\ndata:\n{}"


def a_path(*segments):
    """Strings are keys, `{"name": "web"}` is the item of that name."""
    return tuple(Key(one) if isinstance(one, str) else Item(*next(iter(one.items()))) for one in segments)


def a_document(text):
    (document,) = parse(text, "file.yaml")
    return document


def set_flag(text, key, value, kind="string"):
    """`apply` with one edit of one key of the ConfigMap `flags`."""
    return apply(text, "flags.yaml", ("ConfigMap", "flags", None), [Set(a_path("data", key), value, kind)])
