"""The operator's own parts against the real API server: its restarts, its credentials and its rights."""

import base64
import json
import os
import signal
from typing import Any

import pytest

from lab.lab import Lab
from tests.lab.conftest import REPOSITORY, Request, Service, until

OPERATOR = "system:serviceaccount:bellpull-system:bellpull"


def numbered(request: Request) -> list[int]:
    """All pull requests that there ever were for its branch."""
    status, pulls = request.lab.forge("GET", f"{REPOSITORY}/pulls?state=all&limit=50&sort=recentupdate")
    assert status == 200
    return [one["number"] for one in pulls if one["head"]["label"] == request.pull["branch"]]


# Restarts.


def test_a_merge_while_the_operator_is_away_is_seen_when_it_is_back(service: Service) -> None:
    request = service.ask(replicas=10)
    request.comes_to("InReview")
    service.lab.stop_operator()
    try:
        request.merge()
        assert request.status["state"] == "InReview"
    finally:
        service.lab.start_operator()
    request.comes_to("Merged")
    until(lambda: not request.branches(), "the merged branch is deleted")


def test_a_deletion_while_the_operator_is_away_is_cleaned_up_when_it_is_back(service: Service) -> None:
    request = service.ask(replicas=10)
    number = request.comes_to("InReview")["pullRequest"]["number"]
    service.lab.stop_operator()
    try:
        service.lab.kubectl("delete", request.name, "--wait=false", user="alice")
    finally:
        service.lab.start_operator()
    service.lab.kubectl("wait", "--for=delete", request.name, "--timeout=30s", user="alice")
    assert service.lab.forge("GET", f"{REPOSITORY}/pulls/{number}")[1]["state"] == "closed"


@pytest.mark.parametrize("state", ["Proposing", "InReview"])
def test_an_operator_that_is_killed_leaves_one_pull_request(service: Service, state: str) -> None:
    def claimed() -> Any:
        return request.object()["metadata"].get("finalizers") if state == "Proposing" else request.pull

    request = service.ask(replicas=10)
    until(claimed, f"the operator has come as far as {state}")
    pid = service.lab.operator_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    service.lab.start_operator()
    request.comes_to("InReview")
    assert len(numbered(request)) == 1
    request.merge()
    request.comes_to("Merged", 60)
    assert len(numbered(request)) == 1


# Credentials.


def set_token(lab: Lab, token: str) -> None:
    patch = json.dumps({"data": {"token": base64.b64encode(token.encode()).decode()}})
    lab.kubectl("patch", "-n", "bellpull-system", "secret", "gitops-bot", "-p", patch)


def wait_for_repository(lab: Lab, reason: str) -> None:
    where = f'--for=jsonpath={{.status.conditions[?(@.type=="Ready")].reason}}={reason}'
    lab.kubectl("wait", where, "changerepository/gitops", "--timeout=30s")


def test_a_wrong_token_is_told_everywhere_and_the_right_one_heals_it(service: Service) -> None:
    lab = service.lab
    set_token(lab, "0" * 40)
    try:
        wait_for_repository(lab, "CredentialsRefused")
        request = service.ask(replicas=10)
        request.comes_to("RepositoryUnavailable")
        assert "token" in request.condition("Ready")["message"]
    finally:
        set_token(lab, lab.env["LAB_FORGE_BOT_TOKEN"])
    wait_for_repository(lab, "Ready")
    request.comes_to("InReview")


# Without a repository.


def test_a_request_whose_repository_is_gone_can_be_deleted_and_leaves_an_event(service: Service) -> None:
    lab, name = service.lab, f"{service.name}-spare"
    repository = json.loads(lab.kubectl("get", "changerepository", "gitops", "-o", "json").stdout)
    spare = {**repository, "metadata": {"name": name}}
    target = json.loads(lab.kubectl("get", "-n", "shop", "ctg", service.name, "-o", "json").stdout)
    target = {**target, "metadata": {"name": name, "namespace": "shop"}}
    target["spec"]["repository"] = name
    for thing in (spare, target):
        thing.pop("status", None)
        lab.kubectl("apply", "-f", "-", stdin=json.dumps(thing))
    request = Service(lab, name).ask(replicas=10)
    url = request.comes_to("InReview")["pullRequest"]["url"]
    lab.kubectl("delete", "changerepository", name)
    request.comes_to("RepositoryUnavailable")
    lab.kubectl("delete", request.name, "--timeout=30s", user="alice")
    events = lab.kubectl("get", "events", "-n", "shop", "--field-selector=reason=Orphaned", "-o", "json").stdout
    (message,) = [
        one["message"]
        for one in json.loads(events)["items"]
        if one["involvedObject"]["name"] == request.name.split("/")[1]
    ]
    assert url in message
    assert name in message


# Events.


def test_a_transition_shows_on_the_request_and_on_its_live_workload(service: Service) -> None:
    lab, workload = service.lab, f"deployment/{service.name}"
    lab.kubectl("apply", "-n", "shop", "-f", "-", stdin=service.text(service.deployment))
    try:
        request = service.ask(replicas=10)
        url = request.comes_to("InReview")["pullRequest"]["url"]

        def told(about: str) -> bool:
            return "InReview" in lab.kubectl("events", "-n", "shop", "--for", about).stdout

        until(lambda: told(request.name), "an Event on the request")
        until(lambda: told(workload), "an Event on the workload")
        described = lab.kubectl("describe", "-n", "shop", workload).stdout
        assert f"ChangeRequest {request.name.split('/')[1]}: Pull request {url.rpartition('/')[2]}" in described
    finally:
        lab.kubectl("delete", "-n", "shop", workload)


# Rights. It stands last: by now the operator has done all that it does.


def test_the_operator_has_every_right_that_it_used(lab: Lab) -> None:
    if not (lab.directory / "audit.log").exists():
        pytest.skip("a given cluster keeps its audit log to itself")
    events = [json.loads(line) for line in (lab.directory / "audit.log").read_text().splitlines()]
    own = [
        event
        for event in events
        if event["user"].get("username") == OPERATOR and not event.get("userAgent", "").startswith("kubectl")
    ]
    assert own
    assert [event["requestURI"] for event in own if event.get("responseStatus", {}).get("code") == 403] == []
