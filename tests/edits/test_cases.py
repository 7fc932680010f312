"""Every file of `cases/` is one promise: `before` and `edits` give `after`, or are refused with this message."""

from pathlib import Path

import pytest
import yaml

from bellpull.edits.operations import Set, SetImage, apply
from bellpull.errors import Refused
from tests.edits.builders import a_path

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("case_file", CASES, ids=lambda file: file.stem)
def test_the_case_file_holds(case_file):
    case = yaml.safe_load(case_file.read_text(encoding="utf-8"))
    wanted = (case["object"]["kind"], case["object"]["name"], case["object"].get("namespace"))
    edits = [edit_of(edit) for edit in case["edits"]]
    if "refused" in case:
        with pytest.raises(Refused) as refusal:
            apply(case["before"], case["file"], wanted, edits)
        assert case["refused"] in refusal.value.message
        return
    edited = apply(case["before"], case["file"], wanted, edits)
    assert edited.text == case["after"]
    assert bool(edited.changes) == (case["after"] != case["before"])
    assert list(edited.notes) == case.get("notes", [])
    again = apply(edited.text, case["file"], wanted, edits)
    assert (again.text, again.changes) == (edited.text, ())


def edit_of(edit):
    path = a_path(*edit["path"])
    return SetImage(path, edit["tag"]) if "tag" in edit else Set(path, edit["value"], edit["type"])
