"""ChangeRequest: the object a person creates, one wanted change.

The spec is flat: a form, a portal and a person at `kubectl create -f -` all write the same few lines.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bellpull.api.conditions import Conditions, is_true
from bellpull.api.fields import (
    DNS_NAME,
    ONE_LINE,
    UPDATE_RULE,
    VISIBLE_TEXT,
    Metadata,
    Model,
    Name,
    Reported,
    Tag,
    matching,
    sentence,
)
from bellpull.api.reasons import NOTHING_LEFT

FINALIZER = "bellpull.dev/pull-request"
DIFF_LENGTH = 8192
VALUE_LENGTH = 4096
SHOWN_LENGTH = 256  # of a value in the status: 100 long ones in three bytes a character would not fit into etcd

_KEYS = r"^[-._a-zA-Z0-9]{1,253}$"
_NO_CHANGE_ASKED = "say what to change: image, images, replicas or config"
_TAKEN_BACK = "spec.cancelled cannot be taken back: create a new ChangeRequest"
_PREVIEW_AGAIN = "spec.preview can only go from true to false: create a new ChangeRequest for a preview"


class Requester(Model):
    """The whole identity of who asked, as the API server knows it. Stamped at admission; nobody needs to write it."""

    username: Annotated[str, Field(min_length=1, max_length=1024)]
    """User name as the API server authenticated it."""
    uid: Annotated[str | None, Field(max_length=1024)] = None
    """Unique id of the user, where the authenticator gives one."""
    groups: Annotated[
        list[Annotated[str, Field(max_length=1024)]],
        Field(max_length=512, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = []
    """Groups of the user at the time of asking; rights are looked up with them."""


class ChangeRequestSpec(Model):
    """What to change, and why. Immutable but for `cancelled` and `preview`."""

    immutable: ClassVar[bool] = True

    target: Name
    """Name of a ChangeTarget of this namespace: `kubectl get ctg` lists them."""
    image: Tag | None = None
    """Image tag (v1.4.2) or digest (sha256:…) for the target's container. Only the tag: the image's repository
    belongs to the target. Quote a tag that looks like a number: "1.20"."""
    images: Annotated[
        dict[str, Tag] | None,
        Field(
            min_length=1,
            max_length=20,
            json_schema_extra={
                "x-kubernetes-validations": [
                    {
                        "rule": f"self.all(name, size(name) <= 63 && name.matches(r'{DNS_NAME}'))",
                        "message": "the keys are container names of the workload: lower case, digits and -",
                    }
                ]
            },
        ),
    ] = None
    """Tags or digests for other containers, by container name."""
    replicas: Annotated[int | None, Field(ge=0, le=10000)] = None
    """How many replicas the workload asks for, a whole number from 0 to 10000."""
    config: Annotated[
        dict[
            str,
            Annotated[
                str,
                Field(
                    pattern=VISIBLE_TEXT,
                    max_length=VALUE_LENGTH,
                    json_schema_extra=sentence(VISIBLE_TEXT, "must not hold control or invisible characters"),
                ),
            ],
        ]
        | None,
        Field(
            min_length=1,
            max_length=50,
            json_schema_extra={
                "x-kubernetes-validations": [
                    {
                        "rule": f"self.all(key, key.matches(r'{_KEYS}'))",
                        "message": "the keys are keys of a ConfigMap: letters, digits, -, _ and .",
                    }
                ]
            },
        ),
    ] = None
    """Values for keys of the target's ConfigMap, such as feature flags. Values are strings: quote "on" and "10"."""
    reason: Annotated[
        str | None, matching(ONE_LINE, "must be one line without control or invisible characters", 512)
    ] = None
    """Why, in one line; reviewers see it."""
    incident: Annotated[
        str | None,
        matching(r"^[A-Za-z0-9][A-Za-z0-9._#/-]*$", "must be the key of an incident or ticket, like INC-1234", 128),
    ] = None
    """Key of an incident or ticket, such as INC-1234."""
    preview: Annotated[
        bool,
        Field(json_schema_extra={UPDATE_RULE: {"rule": "oldSelf.preview || !self.preview", "message": _PREVIEW_AGAIN}}),
    ] = False
    """True: only render the change and put the diff into the status; nothing is touched. Setting it to false later
    submits the change."""
    cancelled: Annotated[
        bool,
        Field(
            json_schema_extra={UPDATE_RULE: {"rule": "self.cancelled || !oldSelf.cancelled", "message": _TAKEN_BACK}}
        ),
    ] = False
    """True withdraws the change: its pull request is closed and its branch deleted. Cannot be taken back."""
    requested_by: Annotated[Requester | None, Field(alias="requestedBy")] = None
    """Who asked. Stamped at admission from the authenticated user; what is written here must say the same."""


class FileChange(Reported):
    """One value that changes."""

    file: Annotated[str, Field(max_length=1024)]
    """Path in the repository."""
    object: Annotated[str, Field(max_length=320)]
    """Kind/name of the object in that file."""
    path: Annotated[str, Field(max_length=1024)]
    """Where in the object."""
    from_: Annotated[str | None, Field(alias="from", max_length=SHOWN_LENGTH)] = None
    """The value before; absent when the key was absent."""
    to: Annotated[str | None, Field(max_length=SHOWN_LENGTH)] = None
    """The value asked for."""


class PullRequestStatus(Reported):
    """The pull request as the forge last told it."""

    number: int
    """Number at the forge."""
    url: Annotated[str, Field(max_length=1024)]
    """Page of the pull request."""
    branch: Annotated[str, Field(max_length=255)]
    """Its branch."""
    state: Literal["Open", "Merged", "Closed"]
    """Open, Merged or Closed."""
    review: Literal["Approved", "ChangesRequested"] | None = None
    """What reviewers said, if anything."""
    checks: Literal["Pending", "Passing", "Failing"] | None = None
    """What the checks say, if there are any."""
    head_sha: Annotated[str, Field(alias="headSHA", max_length=64)] = ""
    """Last commit of its branch."""
    merge_commit: Annotated[str | None, Field(alias="mergeCommit", max_length=64)] = None
    """The commit on the base branch that holds the change."""
    merged_by: Annotated[str | None, Field(alias="mergedBy", max_length=255)] = None
    """Who merged it."""


class ChangeRequestStatus(Reported):
    """Written only by the operator; a cache of what Git and the forge say."""

    observed_generation: Annotated[int, Field(alias="observedGeneration")] = 0
    """The metadata.generation that this status was computed from."""
    state: Annotated[str, Field(max_length=64)] = ""
    """The reason of the Ready condition, so that it can be selected."""
    summary: Annotated[str, Field(max_length=512)] = ""
    """The change in one line: image v1.4.1 → v1.4.2, replicas 3 → 10."""
    repository: Annotated[str, Field(max_length=253)] = ""
    """The ChangeRepository the change went to; enough to clean up when the target is gone."""
    conditions: Conditions = []
    """Ready, Reconciling, Stalled, Finished, Proposed and Merged. `kubectl wait --for=condition=Finished` waits for
    the end."""
    changes: Annotated[list[FileChange], Field(max_length=100)] = []
    """Every value that changes."""
    diff: Annotated[str, Field(max_length=DIFF_LENGTH)] = ""
    """Unified diff, cut at 8 KiB."""
    pull_request: Annotated[PullRequestStatus | None, Field(alias="pullRequest")] = None
    """The pull request."""

    @property
    def finished(self) -> bool:
        """Nothing more will happen unless a person reopens the pull request."""
        return is_true(self.conditions, "Finished")


class ChangeRequest(Reported):
    """One ChangeRequest as the API server stores it."""

    metadata: Metadata
    spec: ChangeRequestSpec
    status: ChangeRequestStatus = ChangeRequestStatus()

    @property
    def deleting(self) -> bool:
        """Somebody asked for its deletion; only our finalizer keeps it."""
        return self.metadata.deletion_timestamp is not None

    @property
    def settled(self) -> bool:
        """Finished, computed from this very spec, and without a finalizer that was to be taken off."""
        unfinished = FINALIZER in self.metadata.finalizers and self.status.state in NOTHING_LEFT
        current = self.status.observed_generation == self.metadata.generation
        return self.status.finished and current and not unfinished


SPEC_RULES = [
    {
        "rule": "has(self.image) || has(self.images) || has(self.replicas) || has(self.config)",
        "message": _NO_CHANGE_ASKED,
    }
]
