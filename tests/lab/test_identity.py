"""Who may do what: decided by the API server, from RBAC verbs on the target, through groups."""

import json

from tests.lab.conftest import Service


def test_nobody_can_claim_to_be_somebody_else(service: Service) -> None:
    request = service.ask(replicas=4, requestedBy={"username": "bob", "groups": ["leads"]}, preview=True)
    assert request.object()["spec"]["requestedBy"] == {
        "username": "alice",
        "uid": "alice-uid",
        "groups": ["developers", "system:authenticated"],
    }


def test_without_the_verb_use_a_request_is_refused_naming_verb_and_target(service: Service) -> None:
    said = service.refused("mallory", replicas=4)
    assert f"mallory may not change target {service.name}" in said
    assert f"verb use on changetargets/{service.name}" in said


def test_somebody_else_needs_the_verb_approve_to_cancel_submit_or_delete(service: Service) -> None:
    request = service.ask(replicas=4, preview=True)
    request.comes_to("Previewed")
    bob = ("--as=bob", "--as-group=developers", "-n", "shop")  # bob as long as he is no lead
    for patch in ('{"spec":{"preview":false}}', '{"spec":{"cancelled":true}}'):
        said = service.lab.kubectl("patch", request.name, "--type=merge", "-p", patch, *bob, check=False).stderr
        assert f"needs the verb approve on changetargets/{service.name}" in said
    said = service.lab.kubectl("delete", request.name, *bob, check=False).stderr
    assert f"needs the verb approve on changetargets/{service.name}" in said
    assert request.patch("bob", cancelled=True).returncode == 0  # bob as the lead that he is
    request.comes_to("Withdrawn")


def test_a_requester_withdraws_and_deletes_what_is_their_own(service: Service) -> None:
    request = service.ask(replicas=4, preview=True)
    assert request.patch(cancelled=True).returncode == 0
    request.comes_to("Withdrawn")
    service.lab.kubectl("delete", request.name, "--timeout=20s", user="alice")


def test_only_the_operator_writes_status_and_our_finalizer(service: Service) -> None:
    request = service.ask(replicas=4)
    request.comes_to("InReview")
    # Even with every right on the status, short of the operator's own verb.
    rights = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "status-writers", "namespace": "shop"},
        "rules": [
            {"apiGroups": ["bellpull.dev"], "resources": ["changerequests/status"], "verbs": ["get", "update", "patch"]}
        ],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "status-writers", "namespace": "shop"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "status-writers"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "developers"}],
    }
    for thing in (rights, binding):
        service.lab.kubectl("apply", "-f", "-", stdin=json.dumps(thing))
    forged = '{"status":{"state":"Merged"}}'
    status = ("patch", request.name, "--subresource=status", "--type=merge", "-p", forged)
    said = service.lab.kubectl(*status, user="alice", check=False).stderr
    assert "alice may not write status" in said
    for finalizers in ("null", '["bellpull.dev/other"]'):
        patch = f'{{"metadata":{{"finalizers":{finalizers}}}}}'
        said = service.lab.kubectl("patch", request.name, "--type=merge", "-p", patch, user="alice", check=False).stderr
        assert "belong to the operator" in said
    assert request.status["state"] == "InReview"


def test_the_operator_can_neither_approve_nor_cancel_nor_ask(service: Service) -> None:
    request = service.ask(replicas=4, preview=True)
    said = request.patch("operator", cancelled=True).stderr
    assert "may not change target" in said or "needs the verb approve" in said
    assert "cannot create" in service.refused("operator", replicas=5)
