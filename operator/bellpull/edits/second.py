"""A second opinion: what was written, read by a YAML 1.2 reader of another family (ruamel.yaml, pure Python).

The files are parsed with libyaml, which is YAML 1.1 like kubectl's reader. A spelling counts only if both families read
it as it was asked for; this is the only file that imports ruamel.yaml.
"""

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def reads(written: str) -> object:
    """The one scalar that this source is, as Python's str, int, bool, …; None when it is none or cannot be read."""
    try:
        return YAML(typ="safe", pure=True).load(written)
    except (YAMLError, ValueError):
        return None
