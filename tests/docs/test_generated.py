"""Generated pages are not stale, and no page links to what is not there."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [page for page in ROOT.rglob("*.md") if not {".venv", ".lab"} & set(page.relative_to(ROOT).parts)]


def test_the_reference_pages_are_what_the_code_says():
    generated = runpy.run_path(str(ROOT / "docs/reference/generate.py"))
    for name, page in generated["PAGES"].items():
        assert (ROOT / "docs/reference" / name).read_text(encoding="utf-8") == page(), "run `make generate`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page}: {target}"
