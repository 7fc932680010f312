"""How a value is spelt so that every reader of the file sees the type that was asked for.

A manifest is read by more than one YAML: kubectl's reader (sigs.k8s.io/yaml, go-yaml v2), kustomize and Argo CD
(YAML 1.1 and 1.2 mixed), scripts (PyYAML, YAML 1.1). `on` is a string to one and a boolean to the next, so a
string is written without quotes only if it is a string to all of them.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from bellpull.edits.nodes import Style

Type = Literal["string", "int"]

_NULL: Final = r"~|null|Null|NULL|"
_TRUE_FALSE: Final = "true|True|TRUE|false|False|FALSE"
_WORDS: Final = f"{_TRUE_FALSE}|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
_INFINITY: Final = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_DATE: Final = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"

_TIME: Final = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"

# https://yaml.org/type/ with all that PyYAML and ruamel.yaml make of it.
_YAML_1_1: Final = {
    "null": _NULL,
    "bool": f"{_WORDS}|y|Y|n|N",
    "int": (
        r"[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
        r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+"
    ),
    "float": (
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?"
        rf"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|{_INFINITY}"
    ),
    "timestamp": rf"{_DATE}(?:(?:[Tt]|[ \t]+){_TIME}(?:[ \t]*(?:Z|[-+][0-9]{{1,2}}(?::[0-9]{{2}})?))?)?",
    "merge": "<<",
    "value": "=",
}
# https://yaml.org/spec/1.2.2/#1032-tag-resolution
_YAML_1_2: Final = {
    "null": _NULL,
    "bool": _TRUE_FALSE,
    "int": "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": rf"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|{_INFINITY}",
}
# go-yaml v2 resolve.go, which strips `_` before it tries numbers.
_KUBECTL: Final = {
    "null": _NULL,
    "bool": f"{_WORDS}|y|Y|n|N",
    "int": "(?:[-+]_*)?(?:[0-9][0-9_]*|0_*[bB][01_]+|0_*[oO][0-7_]+|0_*[xX][0-9a-fA-F_]+)",
    "float": rf"(?:[-+]_*)?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE]_*[-+]?[0-9_]+)?|{_INFINITY}",
    "timestamp": (
        rf"{_DATE}(?:[Tt ][0-9]{{1,2}}:[0-9]{{1,2}}:[0-9]{{1,2}}(?:[.,][0-9]*)?(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})?)?"
    ),
    "merge": "<<",
}
_READERS: Final = tuple(
    tuple((name, re.compile(rf"(?:{pattern})\Z")) for name, pattern in reader.items())
    for reader in (_YAML_1_1, _YAML_1_2, _KUBECTL)
)

_WHOLE_NUMBER: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z")
_INT64 = 1 << 63
_FIRST_CHARACTERS_WITH_A_MEANING: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
# Every reader prints these as they are; whatever else there is has an escape.
_PRINTABLE: Final = re.compile("[ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\\Z")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def reads_as(plain: str) -> frozenset[str]:
    """The types that the readers see in a scalar without quotes: `on` gives {"bool", "string"}."""
    return frozenset(_type_in(reader, plain) for reader in _READERS)


def kubectl_reads(plain: str) -> str:
    """The type that kubectl's reader sees in a scalar without quotes."""
    return _type_in(_READERS[-1], plain)


def _type_in(reader: tuple[tuple[str, re.Pattern[str]], ...], plain: str) -> str:
    return next((name for name, pattern in reader if pattern.match(plain)), "string")


def is_whole_number(value: str) -> bool:
    """True for what every reader takes for the same 64-bit integer: `0755` and `1_000` are not."""
    return bool(_WHOLE_NUMBER.match(value)) and -_INT64 <= int(value) < _INT64


def spellings(value: str, type: Type, style: Style, *, flow: bool = False) -> Iterator[str]:
    """Ways to write the value, best first: as the old value was written, then more quotes. An int never has quotes."""
    if type == "int":
        yield value
        return
    if style == "plain" and _is_safe_without_quotes(value, flow):
        yield value
    if style == "single" and _PRINTABLE.match(value):
        yield "'" + value.replace("'", "''") + "'"
    yield '"' + "".join(map(_escaped, value)) + '"'


def _is_safe_without_quotes(value: str, flow: bool) -> bool:
    """True if nothing in the value can end it early or begin something else, in any reader."""
    return (
        reads_as(value) == {"string"}
        and bool(_PRINTABLE.match(value))
        and value == value.strip()
        and (value[0] not in _FIRST_CHARACTERS_WITH_A_MEANING)
        and not value.endswith(":")
        and not any(mark in value for mark in (": ", " #"))
        and not (flow and any(mark in value for mark in ",[]{}?"))
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if _PRINTABLE.match(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
