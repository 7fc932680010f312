"""Bellpull's own objects and the story's objects, put into a cluster, and the proof that the policies bite.

What is installed is what a platform team installs: `kubectl apply -k deploy/kubernetes-<version>`, never a variant of
the lab's own.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from lab.clusters import ROOT
from lab.kubeconfig import NAMESPACE
from lab.kubectl import Kubectl
from lab.processes import LabError, until

DEPLOY = ROOT / "deploy"
OBJECTS = Path(__file__).with_name("objects")
KINDS = ("changerequests", "changetargets", "changerepositories")
STAMPS_SINCE = 36  # MutatingAdmissionPolicy v1

CANARY = json.dumps(
    {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeRequest",
        "metadata": {"generateName": "canary-"},
        "spec": {"target": "cart", "replicas": 4, "reason": "Is admission awake?"},
    }
)


def minor_version(kubectl: Kubectl) -> int:
    version = json.loads(kubectl("get", "--raw", "/version").stdout)
    return int(re.sub(r"\D.*", "", version["minor"]))


def bellpull(kubectl: Kubectl) -> None:
    """Kinds, roles, policies and the operator's ServiceAccount."""
    variant = DEPLOY / ("kubernetes-1.36" if minor_version(kubectl) >= STAMPS_SINCE else "kubernetes-1.30")
    if not variant.is_dir():
        raise LabError(f"{variant} is missing: it holds what is installed into the cluster.")
    kubectl.patiently("apply", "--server-side", "--force-conflicts", "-k", str(variant))
    kinds = [f"crd/{kind}.bellpull.dev" for kind in KINDS]
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *kinds)


def story(kubectl: Kubectl, rendered: Path, values: Mapping[str, str]) -> None:
    """The namespace, rights, targets and repository of the story, from `lab/objects/` with `values` filled in."""
    rendered.mkdir(exist_ok=True)
    for file in sorted(OBJECTS.glob("*.yaml")):
        (rendered / file.name).write_text(Template(file.read_text()).substitute(values))
    kubectl.patiently("apply", "--server-side", "--force-conflicts", "-f", str(rendered))


def wait_for_admission(kubectl: Kubectl) -> None:
    """Policies take effect some 0.7 s after they are applied: return once they stamp alice and refuse mallory."""
    dry_run = ("create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.requestedBy.username}")

    def stamps() -> bool:
        return kubectl(*dry_run, user="alice", stdin=CANARY, check=False).stdout == "alice"

    def refuses() -> bool:
        result = kubectl(*dry_run, user="mallory", stdin=CANARY, check=False)
        return result.returncode != 0 and "denied request" in result.stderr

    if minor_version(kubectl) >= STAMPS_SINCE:
        until(stamps, 20, "a ChangeRequest of alice is accepted and carries her name", every=0.1)
    until(refuses, 20, "a ChangeRequest of mallory, who may not use the target, is refused", every=0.1)


def forget_earlier_story(kubectl: Kubectl) -> None:
    """In a given cluster: remove an earlier lab's objects, whose forge is gone and with it who could finish them. Only
    what a lab makes: all in its namespace, and its repository."""
    for kind in ("changerequests", "changetargets"):
        found = kubectl("get", f"{kind}.bellpull.dev", "--namespace", NAMESPACE, "-o", "name", check=False)
        for name in found.stdout.split():
            place = (name, "--namespace", NAMESPACE)
            kubectl("delete", *place, "--ignore-not-found", "--wait=false")
            kubectl("patch", *place, "--type=merge", '--patch={"metadata":{"finalizers":null}}', check=False)
    kubectl("delete", "changerepositories.bellpull.dev", "gitops", "--ignore-not-found", check=False)
