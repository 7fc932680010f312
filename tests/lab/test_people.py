"""What people do at the forge, and what the request says of it: never more than is true."""

import json
from collections.abc import Callable

from bellpull.api.changerequest import ChangeRequest
from bellpull.plan.wording import branch_name
from lab.lab import Lab
from tests.lab.conftest import REPOSITORY, Request, Service, until


def pulls_of(lab: Lab, branch: str) -> list[int]:
    """Every pull request that ever had this head."""
    numbers = []
    for page in range(1, 20):
        status, found = lab.forge("GET", f"{REPOSITORY}/pulls?state=all&limit=50&page={page}")
        assert status == 200
        numbers += [pull["number"] for pull in found if pull["head"]["label"] == branch]
        if not found:
            break
    return numbers


def delete_branch(lab: Lab, branch: str) -> None:
    status, reply = lab.forge("DELETE", f"{REPOSITORY}/branches/{branch.replace('/', '%2F')}", token="reviewer")
    assert status == 204, reply


def attempt(step: Callable[[], bool]) -> bool:
    try:
        return step()
    except AssertionError:
        return False


def looked_at_again(request: Request) -> None:
    """Ask for a look, of a new process too; what the test then asks for is served by the same worker after it."""
    request.lab.kubectl("annotate", request.name, "--overwrite", "bellpull.dev/reconcile-at=again", user="alice")
    request.lab.start_operator()


def test_a_closed_pull_request_is_never_reopened_or_replaced_by_a_restart(service: Service) -> None:
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    request.close()
    request.comes_to("Rejected")
    looked_at_again(request)
    probe = service.ask(config={"DARK_MODE": "on"})  # served by the same worker after it
    probe.comes_to("InReview")
    assert request.status["state"] == "Rejected"
    assert request.at_forge()["state"] == "closed"
    assert "was closed by bob" in request.condition("Ready")["message"]
    assert pulls_of(service.lab, pull["branch"]) == [pull["number"]]


def test_a_pull_request_reopened_without_its_branch_is_given_it_back(service: Service) -> None:
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    request.close()
    request.comes_to("Rejected")
    delete_branch(service.lab, pull["branch"])

    def reopened() -> bool:
        """Gitea closes what has lost its branch some time later, also what was reopened meanwhile."""
        request.close("open")
        return bool(until(lambda: request.at_forge()["state"] == "open" and request.branches(), "its branch", 8))

    until(lambda: attempt(reopened), "reopened with its branch", 60)
    request.comes_to("InReview")
    request.merge()
    assert request.comes_to("Merged")["pullRequest"]["number"] == pull["number"]


def test_a_branch_that_a_person_deletes_is_a_no(service: Service) -> None:
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    delete_branch(service.lab, pull["branch"])
    request.comes_to("Rejected")
    assert not request.branches()
    assert pulls_of(service.lab, pull["branch"]) == [pull["number"]]


def test_a_retargeted_pull_request_is_still_the_one(service: Service) -> None:
    lab = service.lab
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    name = f"release-{service.name}"
    assert lab.forge("POST", f"{REPOSITORY}/branches", {"new_branch_name": name, "old_ref_name": "main"})[0] == 201
    path = f"{REPOSITORY}/pulls/{pull['number']}"
    assert lab.forge("PATCH", path, {"base": name}, token="reviewer")[0] == 201
    request.close()
    rejected = request.comes_to("Rejected")
    assert rejected["pullRequest"]["number"] == pull["number"]
    assert pulls_of(lab, pull["branch"]) == [pull["number"]]


def test_a_pull_request_merged_into_another_branch_is_no_merge(service: Service) -> None:
    lab = service.lab
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    name = f"elsewhere-{service.name}"
    assert lab.forge("POST", f"{REPOSITORY}/branches", {"new_branch_name": name, "old_ref_name": "main"})[0] == 201
    path = f"{REPOSITORY}/pulls/{pull['number']}"
    assert lab.forge("PATCH", path, {"base": name}, token="reviewer")[0] == 201
    request.merge("merge")
    request.comes_to("Rejected")
    assert request.condition("Merged")["status"] == "False"
    assert f"into {name}" in request.condition("Ready")["message"]


def test_a_foreign_pull_request_with_our_branch_name_is_left_alone(service: Service) -> None:
    lab = service.lab
    lab.stop_operator()
    try:
        request = service.ask(replicas=4)
        branch = branch_name(ChangeRequest.model_validate(request.object()), "bellpull/")
        new = {"new_branch_name": branch, "old_ref_name": "main"}
        assert lab.forge("POST", f"{REPOSITORY}/branches", new, token="reviewer")[0] == 201
        service.write(service.deployment, service.text(service.deployment) + "# mine\n", branch)
        pull = {"head": branch, "base": "main", "title": "Mine", "body": "Mine"}
        status, foreign = lab.forge("POST", f"{REPOSITORY}/pulls", pull, token="reviewer")
        assert status == 201
        head = lab.git("rev-parse", branch)
    finally:
        lab.start_operator()
    request.comes_to("ForeignPullRequest")
    lab.kubectl("delete", request.name, "--timeout=30s", user="alice")
    now = lab.forge("GET", f"{REPOSITORY}/pulls/{foreign['number']}")[1]
    assert (now["state"], now["title"], now["comments"], lab.git("rev-parse", branch)) == ("open", "Mine", 0, head)


def test_values_that_a_person_pushes_to_main_end_the_request_without_a_merge(service: Service) -> None:
    request = service.ask(replicas=4)
    pull = request.comes_to("InReview")["pullRequest"]
    lab = service.lab
    lab.git("push", "--quiet", lab.env["LAB_GIT_URL"], f"{pull['headSHA']}:refs/heads/main")
    status = request.comes_to("NoChange")
    assert status["pullRequest"]["state"] == "Closed"
    assert request.condition("Merged")["status"] == "False"
    _, comments = lab.forge("GET", f"{REPOSITORY}/issues/{pull['number']}/comments")
    assert "already holds every asked value" in json.dumps(comments)
