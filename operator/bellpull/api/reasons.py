"""Every reason that a condition can carry, each with one sentence; and the table that says what it means.

`STATES` is DESIGN's table: the state of a ChangeRequest is the reason of its Ready condition, and the other
three conditions follow from it. Reasons of the two other kinds stand below it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Meaning:
    """What a state says through the four conditions, and to a person."""

    sentence: str
    ready: bool = False
    reconciling: bool = False
    stalled: bool = False
    finished: bool = False


PROPOSING: Final = "Proposing"
IN_REVIEW: Final = "InReview"
CHANGES_REQUESTED: Final = "ChangesRequested"
CHECKS_FAILING: Final = "ChecksFailing"
REPOSITORY_UNAVAILABLE: Final = "RepositoryUnavailable"
RATE_LIMITED: Final = "RateLimited"
SUSPENDED: Final = "Suspended"
TOO_MANY_OPEN: Final = "TooManyOpen"
REFUSED: Final = "Refused"
DENIED: Final = "Denied"
TARGET_NOT_FOUND: Final = "TargetNotFound"
MODIFIED: Final = "Modified"
FOREIGN_PULL_REQUEST: Final = "ForeignPullRequest"
MERGED: Final = "Merged"
NO_CHANGE: Final = "NoChange"
PREVIEWED: Final = "Previewed"
REJECTED: Final = "Rejected"
WITHDRAWN: Final = "Withdrawn"


def _moving(sentence: str) -> Meaning:
    return Meaning(sentence, reconciling=True)


def _stuck(sentence: str) -> Meaning:
    return Meaning(sentence, stalled=True)


def _done(sentence: str) -> Meaning:
    return Meaning(sentence, ready=True, finished=True)


def _over(sentence: str) -> Meaning:
    return Meaning(sentence, stalled=True, finished=True)


STATES: Final[dict[str, Meaning]] = {
    PROPOSING: _moving("The change is being written and its pull request opened."),
    IN_REVIEW: _moving("The pull request is open and waits for a reviewer."),
    CHANGES_REQUESTED: _moving("A reviewer asked for changes on the pull request."),
    CHECKS_FAILING: _moving("A check of the pull request fails."),
    REPOSITORY_UNAVAILABLE: _moving("The Git repository or its forge cannot be used now; Bellpull tries again."),
    RATE_LIMITED: _moving("The forge asked Bellpull to slow down; it goes on by itself."),
    SUSPENDED: _moving("Nothing new is proposed for the target or repository now; it goes on when that ends."),
    TOO_MANY_OPEN: _moving("The namespace has as many pull requests open as it may; this one waits for its turn."),
    REFUSED: _stuck("The file has a shape that Bellpull will not guess at."),
    DENIED: _stuck("A rule of the target or of the repository does not allow this change."),
    TARGET_NOT_FOUND: _stuck("There is no such ChangeTarget in this namespace."),
    MODIFIED: _stuck("A person pushed to the pull request's branch; Bellpull keeps its hands off it."),
    FOREIGN_PULL_REQUEST: _stuck("Somebody else holds a branch or pull request of the name that this change needs."),
    MERGED: _done("The pull request is merged and the asked values stand in the file."),
    NO_CHANGE: _done("The file already holds every asked value; no pull request is needed."),
    PREVIEWED: _done("This is a preview: the diff is in the status and nothing was touched."),
    REJECTED: _over("The pull request was closed, or merged without the asked values."),
    WITHDRAWN: _over("The change was withdrawn; its pull request is closed and its branch deleted."),
}

NOTHING_LEFT: Final = (MERGED, WITHDRAWN, NO_CHANGE)  # then no branch of ours is left at the forge

# Reasons of the conditions Proposed and Merged, where they are not the state itself.
PULL_REQUEST_OPENED: Final = "PullRequestOpened"
NOT_PROPOSED: Final = "NotProposed"
NOT_MERGED: Final = "NotMerged"
MERGED_MODIFIED: Final = "MergedModified"

BESIDE: Final[dict[str, str]] = {
    PULL_REQUEST_OPENED: "Proposed: there is a pull request.",
    NOT_PROPOSED: "Proposed: there is no pull request.",
    NOT_MERGED: "Merged: it is not merged, or not with the asked values.",
    MERGED_MODIFIED: "Merged: the asked values stand in the file, and a commit of somebody else was merged with them.",
}

# Ready of a ChangeTarget or a ChangeRepository.
READY: Final = "Ready"
NOT_ADMITTED: Final = "NotAdmitted"
REPOSITORY_NOT_FOUND: Final = "RepositoryNotFound"
REPOSITORY_NOT_READY: Final = "RepositoryNotReady"
PATH_MISSING: Final = "PathMissing"
WORKLOAD_MISSING: Final = "WorkloadMissing"
CREDENTIALS_MISSING: Final = "CredentialsMissing"
CREDENTIALS_REFUSED: Final = "CredentialsRefused"
BRANCH_MISSING: Final = "BranchMissing"
FORGE_REFUSED: Final = "ForgeRefused"
TOO_LARGE: Final = "TooLarge"
INVALID: Final = "Invalid"

READINESS: Final[dict[str, str]] = {
    READY: "It can be used.",
    NOT_ADMITTED: "The ChangeRepository does not admit the target's namespace or path; its owner can add it.",
    REPOSITORY_NOT_FOUND: "There is no such ChangeRepository, or its URL leads to no repository; create or mend it.",
    REPOSITORY_NOT_READY: "The target's repository cannot be used now; look at the ChangeRepository.",
    PATH_MISSING: "The target's path does not exist on the base branch; mend spec.path.",
    WORKLOAD_MISSING: "No file below the path has the workload or ConfigMap; mend the target or the file.",
    CREDENTIALS_MISSING: "The Secret is missing or holds no token; create it in the operator's namespace.",
    CREDENTIALS_REFUSED: "Forge or Git server refuse the token; renew it, with the right to write.",
    BRANCH_MISSING: "The base branch does not exist; create it, or mend spec.branch.",
    FORGE_REFUSED: "The forge does not take pull requests from the account; the message says why.",
    TOO_LARGE: "The files at the path are too large together; name a smaller path.",
    INVALID: "The object holds what this version of Bellpull does not know; upgrade Bellpull or mend the object.",
}

# Not in any status: the API server itself could not be used, or the object moved meanwhile.
API_SERVER_UNAVAILABLE: Final = "ApiServerUnavailable"
OBJECT_MOVED: Final = "ObjectMoved"

# Reasons of Events, beside the states.
ORPHANED: Final = "Orphaned"

EVENTS: Final[dict[str, str]] = {
    ORPHANED: "The ChangeRepository is gone; the event says what may be left at the forge, and where.",
}
