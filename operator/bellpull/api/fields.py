"""The words that the three kinds share: field types with their limits, and the envelope every object has.

A limit is written once, here: pydantic checks it in the operator and the generator puts it into the CRD.
Where a person will meet the limit, it is a CEL rule with a whole sentence instead of a bare pattern.
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

UPDATE_RULE: Final = "x-bellpull-update"  # in json_schema_extra: the field's own rule instead of "immutable"


class Model(BaseModel):
    """Frozen and strict: "10" is not a number and an unknown field is an error, never ignored."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True
    )


class Reported(BaseModel):
    """What the operator itself wrote or the API server owns: read leniently, so that an older operator can
    read what a newer one reported."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", use_attribute_docstrings=True, populate_by_name=True
    )


def sentence(pattern: str, message: str) -> JsonDict:
    """A CEL rule that says in words what `pattern` says in signs."""
    return {"x-kubernetes-validations": [{"rule": f"self.matches(r'{pattern}')", "message": message}]}


def matching(pattern: str, message: str, most: int, least: int = 1) -> Any:
    """A string field: the pattern for pydantic, the same as a rule with a sentence for the CRD."""
    return Field(pattern=pattern, min_length=least, max_length=most, json_schema_extra=sentence(pattern, message))


DNS_NAME: Final = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
TAG: Final = r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[a-f0-9]{64})$"
ONE_LINE: Final = r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$"
VISIBLE_TEXT: Final = r"^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\n\t])*$"
PATH: Final = r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"
PATH_PATTERN: Final = r"^[A-Za-z0-9_*{][A-Za-z0-9._*{}-]*(/[A-Za-z0-9_*{][A-Za-z0-9._*{}-]*)*$"
BRANCH: Final = r"^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_-])?(/[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_-])?)*$"
REPOSITORY_URL: Final = (
    r"^(https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}\.git$"
)

Name = Annotated[str, matching(DNS_NAME, "must be the name of a Kubernetes object: lower case, digits, - and .", 253)]
Tag = Annotated[
    str,
    matching(
        TAG,
        "write only the tag (v1.4.2) or a digest (sha256:…): the image's repository belongs to the target; "
        "quote a tag that looks like a number",
        128,
    ),
]
RepoPath = Annotated[
    str,
    matching(
        PATH, "must be a path from the repository's root, like apps/cart: no leading /, no .., no hidden parts", 512
    ),
]


class Metadata(Reported):
    """The part of ObjectMeta that Bellpull reads."""

    name: str
    uid: str
    namespace: str = ""
    resource_version: str = Field(alias="resourceVersion")
    generation: int = 1
    creation_timestamp: str = Field(alias="creationTimestamp")
    deletion_timestamp: str | None = Field(None, alias="deletionTimestamp")
    finalizers: list[str] = []
    annotations: dict[str, str] = {}
