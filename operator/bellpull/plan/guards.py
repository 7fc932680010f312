"""What a request may reach at all, from cluster facts only: no Git and no forge is asked before this says yes."""

from collections.abc import Mapping

from bellpull.api import reasons
from bellpull.api.changerepository import Admission, ChangeRepository
from bellpull.api.changetarget import ChangeTarget
from bellpull.errors import Stalled


def check_admitted(target: ChangeTarget, repository: ChangeRepository, labels: Mapping[str, str]) -> None:
    """Stalled("NotAdmitted") unless the repository's owner lets the target's namespace change the target's path.
    `labels` are those of the namespace."""
    namespace, path = target.metadata.namespace, target.spec.path
    entries = [entry for entry in repository.spec.namespaces if _names(entry, namespace, labels)]
    if any(path_matches(pattern, path, namespace) for entry in entries for pattern in entry.paths):
        return
    what = f"path {path} for namespace {namespace}" if entries else f"namespace {namespace}"
    raise Stalled(
        reasons.NOT_ADMITTED,
        f"ChangeRepository {repository.metadata.name} does not admit {what}; "
        "its owner can add it to spec.namespaces there",
    )


def _names(entry: Admission, namespace: str, labels: Mapping[str, str]) -> bool:
    if entry.selector is None:
        return entry.name == namespace
    return all(labels.get(key) == value for key, value in entry.selector.match_labels.items())


def path_matches(pattern: str, path: str, namespace: str) -> bool:
    """Part by part, never by prefix or by a regular expression: `apps/*` takes apps/cart, but neither apps-evil/cart
    nor apps/cart/deep. `**` takes one part or more, and only stands last."""
    wanted = [part.replace("{namespace}", namespace) for part in pattern.split("/")]
    parts = path.split("/")
    if wanted[-1] == "**":
        wanted = wanted[:-1]
        if len(parts) <= len(wanted):
            return False
        parts = parts[: len(wanted)]
    return len(parts) == len(wanted) and all(
        want == "*" or want == part for want, part in zip(wanted, parts, strict=True)
    )
