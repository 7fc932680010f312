"""Write the CustomResourceDefinitions of `bellpull.api` beside this file: `python crds/generate.py`.

A test fails when what lies here is not what this writes.
"""

from pathlib import Path

import yaml

from bellpull.api.kinds import GROUP, KINDS
from bellpull.api.schema import custom_resource_definition

HEADER = "# Generated from the models in operator/bellpull/api by `make generate`; do not edit.\n"


def rendered() -> dict[str, str]:
    """File name → text."""
    return {
        f"{GROUP}_{kind.plural}.yaml": HEADER
        + yaml.safe_dump(custom_resource_definition(kind), sort_keys=False, width=120, allow_unicode=True)
        for kind in KINDS
    }


if __name__ == "__main__":
    for name, text in rendered().items():
        Path(__file__).with_name(name).write_text(text, encoding="utf-8")
        print(f"crds/{name}")
