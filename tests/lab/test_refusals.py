"""What is not served says why, and where the words of it lead."""

import json

from lab.lab import Lab
from tests.lab.conftest import Request, Service


def target(lab: Lab, name: str, namespace: str = "shop", **spec: object) -> None:
    """A ChangeTarget."""
    manifest = {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeTarget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"repository": "gitops", **spec},
    }
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def ready(lab: Lab, name: str, reason: str) -> str:
    """The message of a target's Ready condition, once it has this reason."""
    where = '{.status.conditions[?(@.type=="Ready")].%s}'
    wait = f"--for=jsonpath={where % 'reason'}={reason}"
    lab.kubectl("wait", "-n", "shop", wait, f"changetarget/{name}", "--timeout=30s")
    return lab.kubectl("get", "-n", "shop", "ctg", name, "-o", f"jsonpath={where % 'message'}").stdout


def ask(lab: Lab, name: str, **spec: object) -> Request:
    manifest = {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeRequest",
        "metadata": {"generateName": f"{name}-"},
        "spec": {"target": name, **spec},
    }
    created = lab.kubectl("create", "-f", "-", "-o", "name", user="alice", stdin=json.dumps(manifest))
    return Request(lab, created.stdout.strip())


def test_an_unknown_target_is_named(lab: Lab) -> None:
    request = ask(lab, "nowhere", replicas=2)
    request.comes_to("TargetNotFound")
    assert "no ChangeTarget nowhere in namespace shop" in request.condition("Stalled")["message"]
    assert request.condition("Finished")["status"] == "False"


def test_a_target_of_another_namespace_is_as_unknown_as_one_that_is_nowhere(lab: Lab) -> None:
    target(lab, "abroad", "default", path="apps/cart", workload={"kind": "Deployment", "name": "cart"})
    request = ask(lab, "abroad", replicas=2)
    request.comes_to("TargetNotFound")
    assert "no ChangeTarget abroad in namespace shop" in request.condition("Stalled")["message"]


def test_a_request_goes_on_when_its_target_appears(lab: Lab, service: Service) -> None:
    request = ask(lab, f"{service.name}-later", replicas=2)
    request.comes_to("TargetNotFound")
    workload = {"kind": "Deployment", "name": service.name}
    target(lab, f"{service.name}-later", path=f"apps/{service.name}", workload=workload)
    request.comes_to("InReview")


def test_a_path_that_is_not_admitted_is_denied_without_a_look_at_it(lab: Lab) -> None:
    target(lab, "outside", path="infra/dns", workload={"kind": "Deployment", "name": "dns"})
    assert "does not admit path infra/dns for namespace shop" in ready(lab, "outside", "NotAdmitted")
    ask(lab, "outside", replicas=2).comes_to("Denied")


def test_a_repository_that_does_not_exist_is_named(lab: Lab) -> None:
    target(lab, "homeless", repository="nope", path="apps/cart", workload={"kind": "Deployment", "name": "cart"})
    assert "ChangeRepository nope does not exist" in ready(lab, "homeless", "RepositoryNotFound")
    request = ask(lab, "homeless", replicas=2)
    request.comes_to("RepositoryUnavailable")
    lab.kubectl("delete", request.name, "--timeout=20s", user="alice")


def test_a_target_says_what_is_missing(lab: Lab) -> None:
    target(lab, "lost", path="apps/lost", workload={"kind": "Deployment", "name": "lost"})
    assert "apps/lost does not exist" in ready(lab, "lost", "PathMissing")
    target(lab, "renamed", path="apps/cart", workload={"kind": "Deployment", "name": "trolley"})
    assert "no Deployment named trolley stands in apps/cart" in ready(lab, "renamed", "WorkloadMissing")


def test_kustomize_and_helm_are_refused_by_name(lab: Lab) -> None:
    target(lab, "web", path="apps/web/base", workload={"kind": "Deployment", "name": "web"})
    assert "kustomize" in ready(lab, "web", "Refused")
    target(lab, "search", path="apps/search", workload={"kind": "Deployment", "name": "search"})
    assert "Helm chart" in ready(lab, "search", "Refused")
    request = ask(lab, "web", replicas=2)
    request.comes_to("Refused")
    assert "kustomization.yaml" in request.condition("Stalled")["message"]


def test_an_unknown_container_or_key_is_refused_with_those_that_there_are(service: Service) -> None:
    request = service.ask(images={"sidecart": "v1"})
    request.comes_to("Refused")
    assert "sidecar" in request.condition("Ready")["message"]
    request = service.ask(config={"NO_SUCH_FLAG": "on"})
    request.comes_to("Refused")
    assert "NO_SUCH_FLAG" in request.condition("Ready")["message"]
    assert "finalizers" not in request.object()["metadata"]


def test_bad_input_is_refused_by_the_api_server_in_whole_sentences(service: Service) -> None:
    assert "write only the tag" in service.refused(image="ghcr.io/x/y:v1")
    assert "write only the tag" in service.refused(image="v1 2")
    assert "at least 1" in service.refused(image="")
    assert "may not be more than" in service.refused(image="v" * 300)
    assert '"number"' in service.refused(replicas=1.5)
    assert "say what to change" in service.refused(reason="nothing")
    assert "less than or equal to 10000" in service.refused(replicas=10**9)
    assert "greater than or equal to 0" in service.refused(replicas=-1)
    assert '"string"' in service.refused(replicas="10")
    assert "one line" in service.refused(replicas=1, reason="a\nb")
    assert "one line" in service.refused(replicas=1, reason="a\u202eb")
    assert "at least 1" in service.refused(config={})
    assert "at most 50" in service.refused(config={f"KEY_{number}": "x" for number in range(51)})
    assert "invisible" in service.refused(config={"A": "x\u200by"})
    assert "withdraws a change that was asked for before" in service.refused(replicas=1, cancelled=True)
    assert "container names" in service.refused(images={"Not_A_Name": "v1"})


def test_a_spec_is_immutable(service: Service) -> None:
    request = service.ask(replicas=5, preview=True)
    request.comes_to("Previewed")
    for change in ({"replicas": 6}, {"image": "v2"}, {"replicas": None, "image": "v2"}, {"reason": "other"}):
        assert "is immutable: create a new ChangeRequest" in request.patch(**change).stderr
