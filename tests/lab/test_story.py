"""From `kubectl create` to a merged pull request, as alice and bob do it."""

import json
from difflib import ndiff

from tests.lab.conftest import REPOSITORY, Request, Service, until


def changed_lines(before: str, after: str) -> list[str]:
    """Removed and added lines; equal texts but for these are equal byte for byte."""
    return [line for line in ndiff(before.splitlines(True), after.splitlines(True)) if line[0] in "+-"]


def test_a_request_becomes_a_pull_request_with_exactly_the_asked_lines_and_is_merged(service: Service) -> None:
    before = service.text(service.deployment)
    request = service.ask(image="v1.4.2", replicas=10, reason="Black Friday")
    status = request.comes_to("InReview")
    pull = request.at_forge()
    assert pull["user"]["login"] == "bellpull-bot"
    assert service.lab.git("diff", "--name-only", "main", status["pullRequest"]["headSHA"]).split() == [
        service.deployment
    ]
    assert changed_lines(before, service.text(service.deployment, status["pullRequest"]["headSHA"])) == [
        "-   replicas: 3\n",
        "+   replicas: 10\n",
        "-           image: ghcr.io/acme/cart:v1.4.1  # released every Tuesday\n",
        "+           image: ghcr.io/acme/cart:v1.4.2  # released every Tuesday\n",
    ]
    assert status["summary"] == "image v1.4.1 → v1.4.2, replicas 3 → 10"
    assert [(change["from"], change["to"]) for change in status["changes"]] == [
        ("ghcr.io/acme/cart:v1.4.1", "ghcr.io/acme/cart:v1.4.2"),
        ("3", "10"),
    ]
    request.merge()
    request.finishes()
    merged = request.status
    assert merged["state"] == "Merged"
    assert request.condition("Merged")["status"] == "True"
    assert merged["pullRequest"]["mergeCommit"] == service.lab.git("rev-parse", "main").strip()
    assert merged["pullRequest"]["mergedBy"] == "bob"
    until(lambda: not request.branches(), "the merged branch is deleted")


def test_kubectl_get_shows_the_columns_that_people_need(service: Service) -> None:
    request = service.ask(replicas=4)
    request.comes_to("InReview")
    table = service.lab.kubectl("get", "chg", request.name.split("/")[1], user="alice").stdout.splitlines()
    assert table[0].split() == ["NAME", "TARGET", "CHANGE", "STATE", "PR", "BY", "AGE"]
    for word in (service.name, "replicas 3 → 4", "InReview", request.pull["url"], "alice"):
        assert word in table[1]


def test_the_commit_names_the_request_and_the_pull_request_says_why(service: Service) -> None:
    request = service.ask(image="v1.4.2", reason="Try | `this` @bob <b>", incident="INC-7")
    head = request.comes_to("InReview")["pullRequest"]["headSHA"]
    found = request.object()["metadata"]
    message = service.lab.git("log", "-1", "--format=%B", head)
    assert f"Change-Request: shop/{found['name']}\nChange-Request-UID: {found['uid']}\nRequested-by: alice" in message
    assert "Try" not in message
    pull = request.at_forge()
    assert pull["title"] == f"{service.name}: image v1.4.1 → v1.4.2"
    assert "Reason: `` Try \\| `this` @bob <b> ``" in pull["body"] or "Try \\| `this` @bob <b>" in pull["body"]
    assert "`INC-7`" in pull["body"]
    assert "**To reject**, close it" in pull["body"]


def test_a_flag_stays_a_string_for_kubectl(service: Service) -> None:
    request = service.ask(config={"DARK_MODE": "on", "CURRENCY": "1.20"})
    head = request.comes_to("InReview")["pullRequest"]["headSHA"]
    text = service.text(service.flags, head)
    assert changed_lines(service.text(service.flags), text) == [
        '-   DARK_MODE: "off"\n',
        '+   DARK_MODE: "on"\n',
        "-   CURRENCY: EUR\n",
        '+   CURRENCY: "1.20"\n',
    ]
    request.merge("merge")
    request.finishes()
    merged = service.text(service.flags, request.pull["mergeCommit"])
    read = service.lab.kubectl("create", "--dry-run=client", "-o", "json", "-f", "-", stdin=merged)
    assert json.loads(read.stdout)["data"]["DARK_MODE"] == "on"
    assert json.loads(read.stdout)["data"]["CURRENCY"] == "1.20"


def test_another_container_changes_through_images(service: Service) -> None:
    request = service.ask(images={"sidecar": "v2.1.0"})
    status = request.comes_to("InReview")
    assert status["summary"] == "sidecar v2.0.0 → v2.1.0"
    assert '+          image: "ghcr.io/acme/telemetry:v2.1.0"\n' in status["diff"]


def test_applying_a_named_request_twice_is_one_request(service: Service) -> None:
    manifest = service.manifest(named=f"{service.name}-scale", replicas=7)
    for said in ("created", "unchanged"):
        assert said in service.lab.kubectl("apply", "-f", "-", user="alice", stdin=manifest).stdout
        request = Request(service.lab, f"changerequest/{service.name}-scale")
        request.comes_to("InReview")
    number = request.pull["number"]
    request.merge("rebase")
    request.finishes()
    assert "unchanged" in service.lab.kubectl("apply", "-f", "-", user="alice", stdin=manifest).stdout
    assert (request.status["state"], request.pull["number"]) == ("Merged", number)


def test_a_preview_touches_nothing_until_it_is_submitted(service: Service) -> None:
    request = service.ask(image="v1.4.2", preview=True)
    status = request.comes_to("Previewed")
    request.finishes()
    assert "+          image: ghcr.io/acme/cart:v1.4.2" in status["diff"]
    assert "pullRequest" not in status
    assert "finalizers" not in request.object()["metadata"]
    assert service.name not in service.lab.git("for-each-ref", "--format=%(refname:short)")
    assert request.patch(preview=False).returncode == 0
    assert request.comes_to("InReview")["pullRequest"]["state"] == "Open"
    assert "can only go from true to false" in request.patch(preview=True).stderr


def test_values_that_stand_already_need_no_pull_request(service: Service) -> None:
    request = service.ask(image="v1.4.1", replicas=3, config={"DARK_MODE": "off"})
    request.finishes()
    assert request.status["state"] == "NoChange"
    assert "pullRequest" not in request.status


def test_a_cancelled_request_leaves_no_pull_request_and_no_branch(service: Service) -> None:
    request = service.ask(replicas=5)
    request.comes_to("InReview")
    assert request.patch(cancelled=True).returncode == 0
    request.comes_to("Withdrawn")
    request.finishes()
    assert request.at_forge()["state"] == "closed"
    assert not request.branches()
    assert "cannot be taken back" in request.patch(cancelled=False).stderr


def test_deleting_an_open_request_cleans_up_at_the_forge(service: Service) -> None:
    request = service.ask(replicas=6)
    number, branch = request.comes_to("InReview")["pullRequest"]["number"], request.pull["branch"]
    service.lab.kubectl("delete", request.name, "--timeout=30s", user="alice")
    assert service.lab.forge("GET", f"{REPOSITORY}/pulls/{number}")[1]["state"] == "closed"
    assert service.lab.forge("GET", f"{REPOSITORY}/branches/{branch.replace('/', '%2F')}")[0] == 404


def test_a_pull_request_that_a_person_closes_is_rejected_and_followed_again_when_reopened(service: Service) -> None:
    request = service.ask(replicas=8)
    number = request.comes_to("InReview")["pullRequest"]["number"]
    request.close()
    request.comes_to("Rejected")
    request.finishes()
    request.close("open")
    assert request.comes_to("InReview")["pullRequest"]["number"] == number
    request.merge()
    assert request.comes_to("Merged")["pullRequest"]["number"] == number


def test_a_persons_commit_on_the_branch_is_never_overwritten(service: Service) -> None:
    request = service.ask(replicas=9)
    branch = request.comes_to("InReview")["pullRequest"]["branch"]
    text = service.text(service.deployment, branch)
    service.write(service.deployment, text.replace("replicas: 9", "replicas: 12"), branch)
    head = service.lab.git("rev-parse", branch)
    request.comes_to("Modified")
    assert service.lab.git("rev-parse", branch) == head
    request.merge()
    rejected = request.comes_to("Rejected")
    assert "without the asked values" in request.condition("Ready")["message"]
    assert rejected["pullRequest"]["state"] == "Merged"


def test_a_merged_branch_with_a_persons_commit_says_so(service: Service) -> None:
    request = service.ask(replicas=9)
    branch = request.comes_to("InReview")["pullRequest"]["branch"]
    text = service.text(service.deployment, branch)
    service.write(service.deployment, text.replace("periodSeconds: 5", "periodSeconds: 7"), branch)
    request.comes_to("Modified")
    request.merge()
    request.comes_to("Merged")
    assert request.condition("Merged")["reason"] == "MergedModified"


def test_a_change_of_the_same_line_on_the_base_is_rendered_again_in_the_same_pull_request(service: Service) -> None:
    request = service.ask(replicas=10)
    first = request.comes_to("InReview")["pullRequest"]
    service.write(service.deployment, service.text(service.deployment).replace("replicas: 3", "replicas: 20"))
    until(lambda: request.status["summary"] == "replicas 20 → 10", "rendered on the new base")
    assert request.pull["number"] == first["number"]
    said = "was `replicas 3 → 10`, now `replicas 20 → 10`"
    assert said in request.at_forge()["body"]
    _, comments = service.lab.forge("GET", f"{REPOSITORY}/issues/{first['number']}/comments")
    assert [said in comment["body"] for comment in comments] == [True]
    assert service.lab.git("rev-list", "--count", f"main..{first['branch']}").strip() == "1"
    request.merge()
    request.comes_to("Merged")
    assert "replicas: 10\n" in service.text(service.deployment)


def test_a_base_that_comes_to_hold_the_values_ends_the_request(service: Service) -> None:
    request = service.ask(replicas=10)
    request.comes_to("InReview")
    service.write(service.deployment, service.text(service.deployment).replace("replicas: 3", "replicas: 10"))
    request.comes_to("NoChange")
    assert request.at_forge()["state"] == "closed"
    assert not request.branches()


def test_a_review_and_a_failing_check_show_in_the_state(service: Service) -> None:
    request = service.ask(replicas=10)
    pull = request.comes_to("InReview")["pullRequest"]
    check = {"state": "failure", "context": "ci/lint"}
    assert service.lab.forge("POST", f"{REPOSITORY}/statuses/{pull['headSHA']}", check)[0] == 201
    request.comes_to("ChecksFailing")
    review = {"event": "REQUEST_CHANGES", "body": "Why ten?", "commit_id": pull["headSHA"]}
    path = f"{REPOSITORY}/pulls/{pull['number']}/reviews"
    assert service.lab.forge("POST", path, review, token="reviewer")[0] == 200
    request.comes_to("ChangesRequested")


def test_two_requests_for_one_value_name_each_other_and_the_later_one_is_rendered_again(service: Service) -> None:
    first, second = service.ask(replicas=10), service.ask(replicas=12)
    first.comes_to("InReview")
    second.comes_to("InReview")
    named_by(first, second)
    named_by(second, first)
    first.merge()
    first.comes_to("Merged")
    until(lambda: second.status["summary"] == "replicas 10 → 12", "rendered again")
    until(lambda: "Also open" not in second.at_forge()["body"], "the merged one is not named any more")
    assert "was `replicas 3 → 12`, now `replicas 10 → 12`" in second.at_forge()["body"]


def test_a_body_that_a_person_has_edited_is_left_to_them(service: Service) -> None:
    request = service.ask(replicas=10)
    number = request.comes_to("InReview")["pullRequest"]["number"]
    path = f"{REPOSITORY}/pulls/{number}"
    assert service.lab.forge("PATCH", path, {"title": "Ours now", "body": "Edited."}, token="reviewer")[0] == 201
    service.write(service.deployment, service.text(service.deployment).replace("replicas: 3", "replicas: 20"))
    until(lambda: request.status["summary"] == "replicas 20 → 10", "rendered on the new base")
    pull = request.at_forge()
    assert (pull["title"], pull["body"], pull["comments"]) == ("Ours now", "Edited.", 1)


def named_by(one: Request, other: Request) -> None:
    """Body and status of one name the other."""
    name = f"shop/{other.name.split('/')[1]} (#{other.pull['number']})"
    until(lambda: name in one.at_forge()["body"], f"the body of {one.name} names {name}")
    until(lambda: name in one.condition("Ready")["message"], f"the status of {one.name} names {name}")
