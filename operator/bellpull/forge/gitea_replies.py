"""The parts of Gitea's replies that are used, checked before anything believes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bellpull.forge.forge import Pull, State

_Sha = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")]
_WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s\x00-\x20]+$", max_length=2048)]


class _Reply(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class User(_Reply):
    login: str = Field(min_length=1)


class _Permissions(_Reply):
    push: bool


class RepositoryReply(_Reply):
    archived: bool
    empty: bool
    has_pull_requests: bool
    permissions: _Permissions


class _Side(_Reply):
    """`label` is the branch's name; `ref` turns into refs/pull/N/head when the branch is gone [run]."""

    label: str
    sha: _Sha
    repo_id: int


class PullReply(_Reply):
    number: int = Field(gt=0)
    html_url: _WebAddress
    title: str
    body: str
    state: Literal["open", "closed"]
    merged: bool
    merge_commit_sha: _Sha | None = None
    merged_by: User | None = None
    user: User | None
    base: _Side
    head: _Side
    updated_at: str

    @property
    def is_of_this_repository(self) -> bool:
        """A fork's branch may have any name, ours too; an AGit pull request has no branch."""
        return self.head.repo_id == self.base.repo_id and self.head.label != ""

    def pull(self, account: str) -> Pull:
        state: State = "Merged" if self.merged else "Open" if self.state == "open" else "Closed"
        return Pull(
            number=self.number,
            url=self.html_url,
            branch=self.head.label,
            base=self.base.label,
            head_sha=self.head.sha,
            state=state,
            ours=self.user is not None and self.user.login == account,
            title=self.title,
            body=self.body,
            merge_commit=(self.merge_commit_sha or "") if self.merged else "",
            merged_by=self.merged_by.login if self.merged and self.merged_by else "",
            updated_at=self.updated_at,
        )


class Review(_Reply):
    state: str  # APPROVED, REQUEST_CHANGES, COMMENT, PENDING, REQUEST_REVIEW
    user: User | None
    stale: bool
    dismissed: bool


class Status(_Reply):
    state: Literal["pending", "success", "error", "failure", "warning", "skipped"]
    total_count: int


class Comment(_Reply):
    user: User | None
    body: str


class Occurrence(_Reply):
    """One entry of the timeline: `close`, `reopen`, `comment`, `pull_push`, …"""

    type: str
    user: User | None


PULLS = TypeAdapter(list[PullReply])
REVIEWS = TypeAdapter(list[Review])
COMMENTS = TypeAdapter(list[Comment])
TIMELINE = TypeAdapter(list[Occurrence])
