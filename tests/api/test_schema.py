"""The CRDs that the models become: complete, bounded, described, and saying the same as the models."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from bellpull.api import fields
from bellpull.api.changerequest import ChangeRequestSpec
from bellpull.api.kinds import KINDS, Kind
from bellpull.api.schema import custom_resource_definition, structural

CRDS = Path(__file__).parents[2] / "crds"
Schema = dict[str, Any]
FORBIDDEN = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "title", "propertyNames", fields.UPDATE_RULE}
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def schema_of(kind: Kind) -> Schema:
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    found: Schema = version["schema"]["openAPIV3Schema"]
    return found


def walk(node: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from walk(node[keyword], f"{path}[]")


def ours(kind: Kind) -> list[tuple[str, Schema]]:
    """All nodes of spec and status."""
    return [(path, node) for path, node in walk(schema_of(kind)) if path.startswith((".spec", ".status"))]


def test_the_crds_in_the_repository_are_those_of_the_models() -> None:
    rendered: dict[str, str] = runpy.run_path(str(CRDS / "generate.py"))["rendered"]()
    assert {name: (CRDS / name).read_text(encoding="utf-8") for name in rendered} == rendered
    assert {file.name for file in CRDS.glob("bellpull.dev_*")} == set(rendered)


@EACH_KIND
def test_every_field_has_a_description(kind: Kind) -> None:
    missing = [path for path, node in ours(kind) if not path.endswith("[]") and not node.get("description")]
    assert missing == []


@EACH_KIND
def test_every_string_list_and_map_has_a_limit(kind: Kind) -> None:
    def unlimited(node: Schema) -> bool:
        if node["type"] == "string":
            return "maxLength" not in node and "enum" not in node
        if node["type"] == "array":
            return "maxItems" not in node
        return "additionalProperties" in node and "maxProperties" not in node

    assert [path for path, node in ours(kind) if unlimited(node)] == []


@EACH_KIND
def test_no_keyword_is_used_that_a_structural_schema_does_not_know(kind: Kind) -> None:
    assert [path for path, node in walk(schema_of(kind)) if FORBIDDEN & set(node)] == []
    assert [path for path, node in walk(schema_of(kind)) if "type" not in node] == []
    assert [path for path, node in ours(kind) if node.get("additionalProperties") in (True, False)] == []


@EACH_KIND
def test_no_default_is_null(kind: Kind) -> None:
    assert [path for path, node in ours(kind) if "default" in node and node["default"] is None] == []


def test_every_field_of_a_request_has_a_rule_for_updates() -> None:
    rules = schema_of(KINDS[0])["properties"]["spec"]["x-kubernetes-validations"]
    aliases = {f".{field.alias or name}" for name, field in ChangeRequestSpec.model_fields.items()}
    assert {rule["fieldPath"] for rule in rules if "oldSelf" in rule["rule"]} == aliases
    immutable = {rule["fieldPath"] for rule in rules if "is immutable" in rule["message"]}
    assert aliases - immutable == {".preview", ".cancelled"}


def test_an_optional_field_can_be_neither_added_nor_removed() -> None:
    rules = {rule.get("fieldPath"): rule["rule"] for rule in structural_rules()}
    assert rules[".target"] == "self.target == oldSelf.target"
    assert (
        rules[".image"] == "has(self.image) == has(oldSelf.image) && (!has(self.image) || self.image == oldSelf.image)"
    )


def structural_rules() -> list[Schema]:
    rules: list[Schema] = schema_of(KINDS[0])["properties"]["spec"]["x-kubernetes-validations"]
    return rules


def test_targets_and_repositories_may_be_changed_by_their_owners() -> None:
    for kind in KINDS[1:]:
        assert schema_of(kind)["properties"]["spec"]["x-kubernetes-validations"] == []


@EACH_KIND
def test_a_rule_says_a_pattern_in_a_whole_sentence(kind: Kind) -> None:
    for path, node in ours(kind):
        for rule in node.get("x-kubernetes-validations", []):
            assert len(rule["message"].split()) > 3, path
            assert "pattern" not in node, path


def patterns_of_models(node: Any, defs: Schema) -> Iterator[str]:
    """Every pattern that pydantic checks, from its own schema."""
    if isinstance(node, dict):
        if "pattern" in node:
            yield node["pattern"]
        for key, value in node.items():
            yield from patterns_of_models(defs[value.rsplit("/", 1)[1]] if key == "$ref" else value, defs)
    elif isinstance(node, list):
        for one in node:
            yield from patterns_of_models(one, defs)


@EACH_KIND
def test_the_api_server_and_the_operator_check_the_very_same_patterns(kind: Kind) -> None:
    raw = kind.spec.model_json_schema(by_alias=True)
    defs = raw.pop("$defs", {})
    models = set(patterns_of_models(raw, defs))
    crd = {node["pattern"] for _, node in ours(kind) if "pattern" in node}
    rules = [rule["rule"] for _, node in ours(kind) for rule in node.get("x-kubernetes-validations", [])]
    assert models
    assert [pattern for pattern in models if pattern not in crd and f"self.matches(r'{pattern}')" not in rules] == []


@EACH_KIND
def test_columns_and_selectable_fields_are_in_the_schema(kind: Kind) -> None:
    paths = {path for path, _ in walk(schema_of(kind))}
    plain = [path for _, _, path in kind.columns if "[" not in path and not path.startswith(".metadata")]
    assert [path for path in (*plain, *kind.selectable) if path not in paths] == []


@EACH_KIND
def test_a_crd_names_its_kind_once_in_every_form(kind: Kind) -> None:
    spec = custom_resource_definition(kind)["spec"]
    assert spec["names"]["listKind"] == f"{kind.name}List"
    assert spec["names"]["singular"] == kind.name.lower()
    assert spec["scope"] == ("Namespaced" if kind.namespaced else "Cluster")
    assert spec["versions"][0]["subresources"] == {"status": {}}


def test_a_constant_becomes_an_enum_and_a_nested_rule_stays_with_its_pattern() -> None:
    assert structural(KINDS[2].spec)["properties"]["forge"]["properties"]["type"]["enum"] == ["gitea"]


def test_a_pattern_without_a_sentence_stays_a_pattern() -> None:
    class Plain(BaseModel):
        word: str = Field("a", pattern="^a$")

    assert structural(Plain)["properties"]["word"]["pattern"] == "^a$"


def test_a_mapping_of_anything_keeps_its_word_for_it() -> None:
    class Open(BaseModel):
        words: dict[str, str] = {}

    assert structural(Open)["properties"]["words"]["additionalProperties"] == {"type": "string"}
