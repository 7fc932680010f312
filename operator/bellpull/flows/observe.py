"""Second step of the line: what the forge and Git say, asked once for the whole batch, and what follows from it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bellpull.api.changerequest import FINALIZER, ChangeRequest
from bellpull.errors import BellpullError, Stalled, Waiting
from bellpull.flows.case import Case, attempt, together
from bellpull.flows.ports import Ports
from bellpull.forge.forge import Pull
from bellpull.git.repository import Branch, Snapshot
from bellpull.plan.decide import Seen, decide
from bellpull.plan.ownership import own_pull


@dataclass
class Observed:
    """Keyed by branch name where nothing else is said."""

    pulls: Mapping[str, Sequence[Pull]] = field(default_factory=dict)
    branches: Mapping[str, Branch] = field(default_factory=dict)
    base: str = ""
    base_age: float = 0.0
    snapshots: dict[tuple[str, str], Snapshot] = field(default_factory=dict)  # by commit and target path


def observe_and_decide(cases: list[Case], ports: Ports) -> None:
    """Gather, then decide for each case. Git is asked before the forge: a base that already holds a merge must never
    meet a pull request that still looks open. A merge that came in between is fetched once more."""
    seen = Observed()

    def gather() -> None:
        asked = [case for case in cases if case.alive and not case.request.spec.preview]
        seen.base = ports.git.fetch()
        may_have = [case for case in asked if _may_have_a_pull_request(case.request)]
        if may_have:
            seen.pulls = ports.forge.find([case.branch for case in may_have], _known_numbers(may_have))
        if any(pull.state == "Merged" for pulls in seen.pulls.values() for pull in pulls):
            seen.base = ports.git.fetch()
        seen.base_age = ports.base_age(seen.base)
        seen.branches = ports.git.branches([case.branch for case in asked])

    together(cases, gather)
    _take_snapshots([case for case in cases if case.alive and case.target is not None], seen, ports)
    attempt(cases, lambda case: _decide(case, seen, ports))


def _known_numbers(cases: Sequence[Case]) -> dict[str, int]:
    statuses = {case.branch: case.request.status.pull_request for case in cases}
    return {branch: pull.number for branch, pull in statuses.items() if pull is not None}


def _take_snapshots(cases: list[Case], seen: Observed, ports: Ports) -> None:
    """One snapshot a commit for all cases; where that fails for what stands in one path, one for each case."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for commit in _commits(case, seen):
            wanted[commit].add(_path(case))
    try:
        for commit, paths in wanted.items():
            _take_snapshot(commit, paths, seen, ports)
    except Stalled:
        attempt(cases, lambda case: _take_own_snapshots(case, seen, ports))
    except BellpullError as error:
        for case in cases:
            case.error = error


def _take_own_snapshots(case: Case, seen: Observed, ports: Ports) -> None:
    for commit in _commits(case, seen):
        _take_snapshot(commit, {_path(case)}, seen, ports)


def _take_snapshot(commit: str, paths: set[str], seen: Observed, ports: Ports) -> None:
    try:
        snapshot = ports.git.snapshot(commit, paths)
    except Waiting:
        if commit == seen.base:
            raise
        return  # any other commit may be missing: the decision knows what that means
    seen.snapshots |= {(commit, path): snapshot for path in paths}


def _path(case: Case) -> str:
    return case.target.spec.path if case.target is not None else ""


def _may_have_a_pull_request(request: ChangeRequest) -> bool:
    """Nothing of ours is outside before our finalizer is on; it saves the forge two calls for every new request."""
    return FINALIZER in request.metadata.finalizers or request.status.pull_request is not None


def _commits(case: Case, seen: Observed) -> list[str]:
    branch = seen.branches.get(case.branch)
    merged = [pull.merge_commit for pull in seen.pulls.get(case.branch, ()) if pull.state == "Merged"]
    return [seen.base, *(branch.parents[:1] if branch else ()), *merged]


def _decide(case: Case, seen: Observed, ports: Ports) -> None:
    pulls = tuple(seen.pulls.get(case.branch, ()))
    branch = seen.branches.get(case.branch)
    case.pull = own_pull(pulls)
    if case.pull is not None and case.pull.state == "Open":
        case.verdict = ports.forge.verdict(case.pull)
    path = _path(case)
    fork = branch.parents[0] if branch and branch.parents else ""
    merged = case.pull.merge_commit if case.pull is not None else ""
    case.decision = decide(
        Seen(
            request=case.request,
            repository=ports.repository,
            target=case.target,
            base=seen.snapshots.get((seen.base, path)),
            fork=seen.snapshots.get((fork, path)),
            merged=seen.snapshots.get((merged, path)),
            branch=branch,
            pulls=pulls,
            verdict=case.verdict,
            base_age=seen.base_age,
            rivals=ports.rivals(case.key),
        )
    )
