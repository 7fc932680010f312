"""Where a target's objects stand in a snapshot: the texts that may be edited, and which of them holds an object."""

from collections.abc import Mapping
from typing import Final

from bellpull.api import reasons
from bellpull.api.changetarget import ChangeTargetSpec
from bellpull.edits.documents import decode
from bellpull.edits.locate import find_object
from bellpull.edits.nodes import Document
from bellpull.errors import Refused, Stalled
from bellpull.plan.facts import Snapshot

_OTHER_TOOLS: Final = {
    "kustomization.yaml": "a kustomize directory",
    "kustomization.yml": "a kustomize directory",
    "Kustomization": "a kustomize directory",
    "Chart.yaml": "a Helm chart",
}


def texts(target: ChangeTargetSpec, snapshot: Snapshot, names: tuple[str, ...]) -> Mapping[str, str]:
    """Path → text of the target's files. A file that is no UTF-8 counts only if it could hold one of `names`."""
    path = target.path
    kind = snapshot.kinds.get(path)
    if kind is None:
        where = f"at commit {snapshot.commit[:12]}" if snapshot.commit else "in the directory"
        raise Stalled(reasons.PATH_MISSING, f"{path} does not exist {where}; mend spec.path")
    if kind == "other":
        what = "a symbolic link, a submodule or a file over 1 MiB"
        raise Refused(f"{path} is {what}; name a plain file or directory in spec.path")
    if kind == "file":
        return {path: decode(snapshot.entries[path].data, path)}
    inside = {entry.path: entry for entry in snapshot.entries.values() if entry.path.rpartition("/")[0] == path}
    for name, tool in _OTHER_TOOLS.items():
        if f"{path}/{name}" in inside:
            raise Refused(
                f"{path} is {tool} ({name}), which Bellpull cannot edit yet; name a plain manifest in spec.path"
            )
    found = {}
    for name, entry in inside.items():
        if name.endswith((".yaml", ".yml", ".json")) and any(word.encode() in entry.data for word in names):
            found[name] = decode(entry.data, name)
    return found


def object_in(files: Mapping[str, str], kind: str, name: str, path: str) -> tuple[str, Document]:
    """File and document of the object; Stalled("WorkloadMissing") when no file below `path` has it."""
    found = find_object(files, kind, name)
    if found is None:
        raise Stalled(reasons.WORKLOAD_MISSING, f"no {kind} named {name} stands in {path}; mend the target or the file")
    return found
