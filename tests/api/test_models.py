"""Strict where people write, lenient where an operator of another version wrote."""

from typing import Any

import pytest
from pydantic import ValidationError

from bellpull.api.changerepository import ChangeRepositorySpec
from bellpull.api.changerequest import ChangeRequest, ChangeRequestSpec, PullRequestStatus
from bellpull.api.changetarget import ChangeTarget, ChangeTargetSpec
from bellpull.api.kinds import KINDS
from tests.builders import a_repository, a_request, a_target, as_stored

REPOSITORY = as_stored(a_repository())["spec"]
TARGET = as_stored(a_target())["spec"]


@pytest.mark.parametrize(
    "spec",
    [
        {"replicas": "10"},
        {"replicas": True},
        {"replicas": 2.0},
        {"replicas": -1},
        {"replicas": 10001},
        {"image": 1.20},
        {"image": ""},
        {"image": "ghcr.io/acme/cart:v1"},
        {"image": "v1 2"},
        {"image": "v1\n"},
        {"image": "-v1"},
        {"image": "sha256:123"},
        {"image": "a" * 129},
        {"images": {}},
        {"images": {"sidecar": "x/y"}},
        {"images": {f"c{number}": "v1" for number in range(21)}},
        {"config": {}},
        {"config": {"A": 1}},
        {"config": {"A": True}},
        {"config": {"A": "x\u202ey"}},
        {"config": {"A": "x\x00"}},
        {"config": {"A": "x" * 4097}},
        {"config": {f"K{number}": "x" for number in range(51)}},
        {"reason": ""},
        {"reason": "a\nb"},
        {"reason": "x" * 513},
        {"incident": "#12"},
        {"incident": "INC 1"},
        {"preview": "true"},
        {"cancelled": 1},
        {"target": "Cart"},
        {"target": ""},
        {"unknown": 1},
        {"requestedBy": {"username": ""}},
        {"requestedBy": {"username": "a", "extra": {}}},
    ],
    ids=str,
)
def test_a_request_is_read_strictly(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChangeRequestSpec.model_validate({"target": "cart", **spec})


def test_a_request_takes_what_the_documentation_shows() -> None:
    spec = ChangeRequestSpec.model_validate(
        {
            "target": "cart",
            "image": "v1.4.2",
            "images": {"sidecar": "v2.0.1"},
            "replicas": 0,
            "config": {"DARK_MODE": "on", "TEXT": "two\n\tlines", "EMPTY": ""},
            "reason": "Black Friday, grün → 漢字",
            "incident": "INC-1234",
            "requestedBy": {"username": "alice", "uid": "u", "groups": ["developers"]},
        }
    )
    assert (spec.preview, spec.cancelled) == (False, False)
    assert spec.requested_by is not None
    assert spec.requested_by.groups == ["developers"]


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/apps"},
        {"path": "apps/"},
        {"path": "../apps"},
        {"path": "apps/../x"},
        {"path": "apps/.git"},
        {"path": ".github"},
        {"path": "apps//cart"},
        {"path": ""},
        {"workload": {"kind": "Pod", "name": "cart"}},
        {"workload": {"kind": "Deployment"}},
        {"repository": "a/b"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_target_is_read_strictly(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChangeTargetSpec.model_validate({**TARGET, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://git.example.com/acme/gitops.git"},
        {"url": "https://user:secret@git.example.com/acme/gitops.git"},
        {"url": "https://git.example.com/acme/gitops"},
        {"url": "https://git.example.com/gitops.git"},
        {"url": "https://git.example.com/../gitops.git"},
        {"url": "https://git.example.com/a/b.git?x=1"},
        {"url": "ssh://git@git.example.com/acme/gitops.git"},
        {"url": "file:///etc/passwd.git"},
        {"url": "https://git.example.com/acme/gitops.git\n"},
        {"branch": "-x"},
        {"branch": "a..b/"},
        {"branch": "refs/heads/.x"},
        {"forge": {"type": "github"}},
        {"namespaces": []},
        {"namespaces": [{"name": "shop", "paths": []}]},
        {"namespaces": [{"name": "shop", "paths": ["/apps"]}]},
        {"namespaces": [{"name": "shop", "paths": ["apps/../x"]}]},
        {"namespaces": [{"paths": ["apps"]}]},
        {"namespaces": [{"name": "shop", "selector": {"matchLabels": {"a": "b"}}, "paths": ["apps"]}]},
        {"namespaces": [{"selector": {"matchLabels": {}}, "paths": ["apps"]}]},
        {"pullRequest": {"branchPrefix": "main"}},
        {"pullRequest": {"branchPrefix": "/"}},
        {"pullRequest": {"branchPrefix": "a/b/"}},
        {"commit": {"name": "a\nb"}},
        {"commit": {"email": "a b@c"}},
        {"commit": {"email": "<a@b>"}},
    ],
    ids=str,
)
def test_a_repository_is_read_strictly(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChangeRepositorySpec.model_validate({**REPOSITORY, **change})


@pytest.mark.parametrize("url", ["https://git.example.com:8443/a/b/c.git", "http://127.0.0.1:3000/acme/gitops.git"])
def test_a_repository_is_at_https_or_on_this_machine(url: str) -> None:
    assert ChangeRepositorySpec.model_validate({**REPOSITORY, "url": url}).url == url


def test_what_a_newer_operator_reported_is_read_without_what_is_new() -> None:
    stored = as_stored(a_request())
    stored["status"] = {"state": "InReview", "deployment": {"health": "Healthy"}, "conditions": []}
    stored["metadata"]["managedFields"] = [{}]
    read = ChangeRequest.model_validate(stored)
    assert read.status.state == "InReview"
    assert not read.status.finished


def test_an_object_without_status_has_an_empty_one() -> None:
    stored = as_stored(a_target())
    del stored["status"]
    assert ChangeTarget.model_validate(stored).status.conditions == []


def test_names_of_fields_are_those_of_the_api_in_both_directions() -> None:
    pull = PullRequestStatus(number=1, url="u", branch="b", state="Merged", head_sha="h", merge_commit="m")
    said = pull.model_dump(by_alias=True, exclude_none=True)
    assert said == {"number": 1, "url": "u", "branch": "b", "state": "Merged", "headSHA": "h", "mergeCommit": "m"}
    assert PullRequestStatus.model_validate(said) == pull


def test_nothing_of_an_object_can_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        a_request().spec.replicas = 3  # type: ignore[misc]


def test_a_request_knows_when_it_is_being_deleted() -> None:
    assert not a_request().deleting
    assert a_request(meta={"deletionTimestamp": "2026-11-22T02:30:00Z"}).deleting


def test_the_three_kinds_have_plural_and_short_names_of_their_own() -> None:
    assert len({kind.plural for kind in KINDS} | {kind.short for kind in KINDS}) == 6
