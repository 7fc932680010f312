"""From pydantic models to CustomResourceDefinitions; `crds/generate.py` writes them out.

pydantic speaks JSON Schema; the API server wants a structural schema, which is less and a little different.
What is dropped or rewritten here was found by feeding a real API server.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from bellpull.api.fields import UPDATE_RULE
from bellpull.api.kinds import GROUP, VERSION, Kind

Schema = dict[str, Any]
_DROPPED = ("title", "propertyNames", "$defs", UPDATE_RULE)


def structural(model: type[BaseModel]) -> Schema:
    """The model's schema in the form a CustomResourceDefinition takes."""
    raw = model.model_json_schema(by_alias=True, mode="validation")
    return _clean(raw, raw.get("$defs", {}))


def _clean(node: Schema, defs: dict[str, Schema]) -> Schema:
    node = _inlined(node, defs)
    cleaned = {key: value for key, value in node.items() if key not in _DROPPED}
    if cleaned.get("additionalProperties") is False:
        del cleaned["additionalProperties"]
    if cleaned.get("default", 0) is None:
        del cleaned["default"]
    if "description" in cleaned:
        cleaned["description"] = " ".join(cleaned["description"].split())
    if "const" in cleaned:
        cleaned["enum"] = [cleaned.pop("const")]
    if _has_rule_for_pattern(cleaned):
        del cleaned["pattern"]
    return cleaned | _clean_children(cleaned, defs)


def _clean_children(node: Schema, defs: dict[str, Schema]) -> Schema:
    children: Schema = {}
    if "properties" in node:
        children["properties"] = {name: _clean(value, defs) for name, value in node["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            children[keyword] = _clean(node[keyword], defs)
    return children


def _inlined(node: Schema, defs: dict[str, Schema]) -> Schema:
    """References and `X | None` replaced by what they mean; a description next to a reference wins."""
    while "$ref" in node or "anyOf" in node:
        node = dict(node)
        if reference := node.pop("$ref", None):
            node = {**defs[reference.rsplit("/", 1)[1]], **node}
        else:
            (chosen,) = [option for option in node.pop("anyOf") if option.get("type") != "null"]
            node = {**chosen, **node}
    return node


def _has_rule_for_pattern(node: Schema) -> bool:
    """A CEL rule says the same with a whole sentence; with both, the API server shows only the pattern."""
    rules = node.get("x-kubernetes-validations", [])
    return "pattern" in node and any(f"r'{node['pattern']}'" in rule["rule"] for rule in rules)


def custom_resource_definition(kind: Kind) -> Schema:
    """One CRD, ready to apply."""
    spec, status = structural(kind.spec), structural(kind.status)
    spec["x-kubernetes-validations"] = [*kind.rules, *_immutability(kind.spec)]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short],
                "categories": ["gitops"],
            },
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": name, "type": type_, "jsonPath": path} for name, type_, path in kind.columns
                    ],
                    "selectableFields": [{"jsonPath": path} for path in kind.selectable],
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "description": kind.description,
                            "required": ["spec"],
                            "properties": {
                                "apiVersion": {"type": "string"},
                                "kind": {"type": "string"},
                                "metadata": {"type": "object"},
                                "spec": spec,
                                "status": status,
                            },
                        }
                    },
                }
            ],
        },
    }


def _immutability(model: type[BaseModel]) -> Iterator[Schema]:
    """A rule for every field of a model that is immutable; they stand at the model, because a rule at a field
    does not fire when the field is added or removed. A field may bring its own rule (`rule_on_update`)."""
    if not getattr(model, "immutable", False):
        return
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        own = extra.get(UPDATE_RULE) if isinstance(extra, dict) else None
        alias = field.alias or name
        if isinstance(own, dict):
            yield {**own, "fieldPath": f".{alias}"}
            continue
        same = f"self.{alias} == oldSelf.{alias}"
        if not field.is_required():
            same = f"has(self.{alias}) == has(oldSelf.{alias}) && (!has(self.{alias}) || {same})"
        message = f"spec.{alias} is immutable: create a new ChangeRequest"
        yield {"rule": same, "message": message, "fieldPath": f".{alias}"}
