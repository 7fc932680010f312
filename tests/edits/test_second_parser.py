"""Two generations of libyaml (PyYAML's, and the older one in ruamel.yaml.clib) agree on every case file: what they see
and where it stands. The older one reads less: that is why it is not the one that Bellpull uses."""

import re

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tests.edits.test_cases import CASES


def seen(events):
    return [(type(event).__name__, event.start_mark.index, event.end_mark.index) for event in events]


def test_both_generations_of_libyaml_see_the_same():
    compared, unread = 0, []
    for file in CASES:
        text = yaml.safe_load(file.read_text(encoding="utf-8"))["before"].removeprefix("\ufeff")
        try:
            ours = seen(yaml.parse(text, Loader=yaml.CSafeLoader))
        except yaml.YAMLError:
            continue
        try:
            theirs = seen(YAML(typ="safe", pure=False).parse(text))
        except YAMLError:
            unread.append(text)
            continue
        assert ours == theirs, file.stem
        compared += 1
    assert compared > 60
    # A colon inside a plain scalar in braces or brackets, as in {image: nginx:1.2}.
    assert unread
    assert all(re.search(r"[{\[][^\n]*[a-z]:[a-z0-9]", text) for text in unread)
