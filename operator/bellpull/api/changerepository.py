"""ChangeRepository: a GitOps repository, its forge and its credentials, and who may change which paths in it.

It belongs to the platform's administrators: whoever may write one decides where Bellpull's credentials go.
"""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from bellpull.api.changetarget import TargetStatus
from bellpull.api.expiry import DURATION
from bellpull.api.fields import (
    BRANCH,
    ONE_LINE,
    PATH_PATTERN,
    REPOSITORY_URL,
    Metadata,
    Model,
    Name,
    Reported,
    matching,
    sentence,
)

_ONE_OF = "name one namespace with name, or several with selector: exactly one of the two"
_Label = Annotated[str, Field(max_length=63)]


class ForgeReference(Model):
    """Where pull requests are opened."""

    type: Literal["gitea"]
    """gitea: Gitea or Forgejo, at the host of the Git URL."""


class Selector(Model):
    """Namespaces by their labels."""

    match_labels: Annotated[dict[str, _Label], Field(alias="matchLabels", min_length=1, max_length=10)]
    """Labels that a namespace must all have."""


class Admission(Model):
    """Some namespaces, and the paths that their targets may change."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [{"rule": "has(self.name) != has(self.selector)", "message": _ONE_OF}]
        }
    )

    name: Annotated[Name | None, Field()] = None
    """One namespace by name."""
    selector: Selector | None = None
    """Or all namespaces with these labels."""
    paths: Annotated[
        list[
            Annotated[
                str,
                matching(
                    PATH_PATTERN,
                    "must be a path like apps/cart or teams/{namespace}/**: * stands for one part, ** for all below",
                    256,
                ),
            ]
        ],
        Field(min_length=1, max_length=20),
    ]
    """Paths that targets of these namespaces may name: `*` is any one part, `**` everything below, `{namespace}` the
    target's namespace."""

    @model_validator(mode="after")
    def _names_namespaces_one_way(self) -> Self:
        if (self.name is None) == (self.selector is None):
            raise ValueError(_ONE_OF)
        return self


class PullRequests(Model):
    """How pull requests are made."""

    branch_prefix: Annotated[
        str,
        Field(
            alias="branchPrefix",
            pattern=r"^[a-z0-9][a-z0-9-]{0,30}/$",
            max_length=32,
            json_schema_extra=sentence(r"^[a-z0-9][a-z0-9-]{0,30}/$", "must be one lower-case word ending in /"),
        ),
    ] = "bellpull/"
    """Every branch of Bellpull begins with it; Bellpull writes no other branch."""


class CommitIdentity(Model):
    """Author and committer of Bellpull's commits."""

    name: Annotated[
        str,
        Field(pattern=ONE_LINE, min_length=1, max_length=100, json_schema_extra=sentence(ONE_LINE, "must be one line")),
    ] = "Bellpull"
    """Name."""
    email: Annotated[
        str,
        Field(
            pattern=r"^[^@\s<>]+@[^@\s<>]+$",
            max_length=254,
            json_schema_extra=sentence(r"^[^@\s<>]+@[^@\s<>]+$", "must be an e-mail address"),
        ),
    ] = "bellpull@noreply.invalid"
    """E-mail address."""


class ChangeRepositorySpec(Model):
    """A GitOps repository, its forge and its credentials, and who may change which paths in it."""

    url: Annotated[
        str,
        matching(
            REPOSITORY_URL,
            "must be an https:// URL ending in .git, without credentials (http:// only to this machine itself)",
            512,
        ),
    ]
    """Git URL over HTTPS, without credentials: https://git.example.com/acme/gitops.git."""
    branch: Annotated[str, matching(BRANCH, "must be the name of a branch", 200)] = "main"
    """The branch that Argo CD or Flux deploys; pull requests are opened against it."""
    forge: ForgeReference
    """Where pull requests are opened."""
    credentials: Name
    """Secret in the operator's namespace with the key `token`, and `ca.crt` where the forge has a private CA."""
    namespaces: Annotated[list[Admission], Field(min_length=1, max_length=100)]
    """Who may change which paths; nobody else may."""
    pull_request: Annotated[PullRequests, Field(alias="pullRequest")] = PullRequests()
    """How pull requests are made."""
    commit: CommitIdentity = CommitIdentity()
    """Author and committer of the commits."""
    max_open_per_namespace: Annotated[int, Field(alias="maxOpenPerNamespace", ge=1, le=10000)] = 50
    """How many pull requests the requests of one namespace may have open at a time; others wait for their turn."""
    ttl_after_finished: Annotated[
        str,
        Field(
            alias="ttlAfterFinished",
            pattern=DURATION,
            max_length=24,
            json_schema_extra=sentence(DURATION, "must be a duration like 30d, 12h or 1h30m"),
        ),
    ] = "30d"
    """How long a finished ChangeRequest is kept before it is deleted. The pull request stays."""
    suspend: bool = False
    """True: nothing new is proposed in this repository; open pull requests are still followed."""


class RepositoryStatus(TargetStatus):
    """Whether the repository can be used."""


class ChangeRepository(Reported):
    """One ChangeRepository as the API server stores it."""

    metadata: Metadata
    spec: ChangeRepositorySpec
    status: RepositoryStatus = RepositoryStatus()
