"""Any client that speaks Kubernetes is a client: explain, dry run, server-side apply, selectors, columns."""

import json

from lab.lab import Lab
from tests.lab.conftest import Service


def test_kubectl_explain_is_documentation(lab: Lab) -> None:
    said = lab.kubectl("explain", "chg.spec.image", user="alice").stdout
    assert "Image tag (v1.4.2) or digest" in said
    assert "FIELD: image <string>" in said


def test_a_server_side_dry_run_validates_and_creates_nothing(service: Service) -> None:
    lab = service.lab
    good, bad = service.manifest(named="dry", replicas=3), service.manifest(named="dry", replicas=30000)
    shown = lab.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", user="alice", stdin=good)
    assert json.loads(shown.stdout)["spec"]["requestedBy"]["username"] == "alice"
    assert lab.kubectl("create", "--dry-run=server", "-f", "-", user="alice", stdin=bad, check=False).returncode == 1
    assert lab.kubectl("get", "chg", "dry", user="alice", check=False).returncode == 1


def test_server_side_apply_by_another_manager_works(service: Service) -> None:
    name = f"{service.name}-applied"
    manifest = service.manifest(named=name, replicas=3, reason="by a portal")
    apply = ("apply", "--server-side", "--field-manager=portal", "-f", "-")
    for _ in range(2):
        service.lab.kubectl(*apply, user="alice", stdin=manifest)
    service.lab.kubectl("wait", "--for=condition=Finished", f"chg/{name}", "--timeout=30s", user="alice")
    service.lab.kubectl(*apply, user="alice", stdin=manifest)
    found = json.loads(service.lab.kubectl("get", "chg", name, "-o", "json", user="alice").stdout)
    assert found["spec"]["requestedBy"]["username"] == "alice"
    assert found["status"]["state"] == "NoChange"


def test_requests_are_selected_by_their_fields(service: Service) -> None:
    service.ask(replicas=3).comes_to("NoChange")
    selector = f"spec.target={service.name},spec.requestedBy.username=alice,status.state=NoChange"
    found = service.lab.kubectl("get", "chg", "--field-selector", selector, "-o", "name", user="alice").stdout
    assert len(found.split()) == 1


def test_the_category_gathers_requests_and_targets(service: Service) -> None:
    service.ask(replicas=3).comes_to("NoChange")
    shown = service.lab.kubectl("get", "gitops", "-n", "shop", "-o", "name").stdout
    assert f"changetarget.bellpull.dev/{service.name}" in shown
    assert "changerequest.bellpull.dev/" in shown


def test_a_target_and_a_repository_tell_whether_they_can_be_used(lab: Lab) -> None:
    shown = lab.kubectl("get", "crepo", "gitops").stdout.splitlines()
    assert shown[0].split() == ["NAME", "URL", "BRANCH", "READY", "REASON", "AGE"]
    assert shown[1].split()[2:5] == ["main", "True", "Ready"]
    shown = lab.kubectl("get", "ctg", "cart", user="alice").stdout.splitlines()
    assert shown[1].split()[:6] == ["cart", "gitops", "apps/cart", "cart", "True", "Ready"]
