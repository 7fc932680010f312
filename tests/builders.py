"""Short ways to write the objects and facts of a test: plain defaults, and a test names what it is about."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

from bellpull.api.changerepository import ChangeRepository
from bellpull.api.changerequest import ChangeRequest, ChangeRequestStatus, PullRequestStatus
from bellpull.api.changetarget import ChangeTarget
from bellpull.objects.objects import AnyObject
from bellpull.plan import wording
from bellpull.plan.decision import Decision, Seen
from bellpull.plan.facts import Branch, Entry, Pull, Snapshot
from bellpull.plan.render import Rendered, render

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BASE, HEAD, MERGE = "b" * 40, "a" * 40, "c" * 40
FILE, FLAGS = "apps/cart/deployment.yaml", "apps/cart/flags.yaml"
EMAIL = "bellpull@noreply.invalid"

DEPLOYMENT = """\
kind: Deployment
metadata: {name: cart}
spec:
  replicas: 3
  template:
    spec:
      initContainers:
      - {name: migrate, image: "ghcr.io/acme/migrate:v1"}
      containers:
      - name: cart
        image: ghcr.io/acme/cart:v1.4.1
      - name: sidecar
        image: ghcr.io/acme/telemetry:v2.0.0
"""
CONFIG_MAP = """\
kind: ConfigMap
metadata: {name: cart-flags}
data:
  DARK_MODE: "off"
  EMPTY: ""
"""
FILES: Mapping[str, str] = {FILE: DEPLOYMENT, FLAGS: CONFIG_MAP}


def a_uid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def metadata(name: str, namespace: str = "shop", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "uid": a_uid(f"{namespace}/{name}"),
        "resourceVersion": "1",
        "creationTimestamp": "2026-11-22T02:00:00Z",
        **more,
    }


def a_request(
    name: str = "cart-x7k2p",
    namespace: str = "shop",
    status: ChangeRequestStatus | None = None,
    meta: Mapping[str, Any] | None = None,
    **spec: Any,
) -> ChangeRequest:
    """`spec` as a person writes it; without any wish in it, replicas 10."""
    wishes = {} if {"image", "images", "replicas", "config"} & set(spec) else {"replicas": 10}
    raw = {
        "metadata": metadata(name, namespace, **(meta or {})),
        "spec": {"target": "cart", "requestedBy": {"username": "alice"}, **wishes, **spec},
    }
    request = ChangeRequest.model_validate(raw)
    return request.model_copy(update={"status": status}) if status is not None else request


def deleting(**more: Any) -> dict[str, Any]:
    """Metadata of an object that somebody deleted and our finalizer keeps."""
    return {"deletionTimestamp": "2026-11-22T02:30:00Z", "finalizers": ["bellpull.dev/pull-request"], **more}


def a_target(
    name: str = "cart", namespace: str = "shop", kind: str = "Deployment", workload: str = "cart", **spec: Any
) -> ChangeTarget:
    default = {"repository": "gitops", "path": "apps/cart", "configMap": "cart-flags"}
    wanted = {**default, "workload": {"kind": kind, "name": workload}, **spec}
    return ChangeTarget.model_validate(
        {
            "metadata": metadata(name, namespace),
            "spec": {key: value for key, value in wanted.items() if value is not None},
        }
    )


def a_repository(name: str = "gitops", meta: Mapping[str, Any] | None = None, **spec: Any) -> ChangeRepository:
    default = {
        "url": "https://git.example.com/acme/gitops.git",
        "forge": {"type": "gitea"},
        "credentials": "gitops-bot",
        "namespaces": [{"name": "shop", "paths": ["apps/**"]}],
    }
    return ChangeRepository.model_validate(
        {"metadata": metadata(name, "", **(meta or {})), "spec": {**default, **spec}}
    )


def a_snapshot(files: Mapping[str, str | bytes] | None = None, commit: str = BASE, path: str = "apps/cart") -> Snapshot:
    """The files at one commit, and `path` as what they make of it: a file, a directory, or nothing."""
    contents = {
        name: text if isinstance(text, bytes) else text.encode()
        for name, text in (FILES if files is None else files).items()
    }
    entries = {
        # `sha1` as git names blobs: a name, no secret.
        name: Entry(name, "100644", sha1(data, usedforsecurity=False).hexdigest(), data)
        for name, data in contents.items()
    }
    if path in entries:
        return Snapshot(commit, {path: "file"}, entries)
    inside = any(name.startswith(f"{path}/") for name in entries)
    return Snapshot(commit, {path: "directory"} if inside else {}, entries)


def a_pull(number: int = 7, state: str = "Open", ours: bool = True, **more: Any) -> Pull:
    default: dict[str, Any] = {
        "url": f"https://git.example.com/acme/gitops/pulls/{number}",
        "branch": branch_of(a_request()),
        "base": "main",
        "head_sha": HEAD,
        "merge_commit": MERGE if state == "Merged" else "",
    }
    return Pull(number=number, state=state, ours=ours, **{**default, **more})  # type: ignore[arg-type]


def branch_of(request: ChangeRequest) -> str:
    return wording.branch_name(request, "bellpull/")


def a_branch(request: ChangeRequest | None = None, **more: Any) -> Branch:
    """The branch as Bellpull itself made it for the request, on the base of `a_snapshot()`."""
    request = request or a_request()
    default: dict[str, Any] = {
        "name": branch_of(request),
        "head": HEAD,
        "parents": (BASE,),
        "committer": EMAIL,
        "message": wording.commit_message(request, Rendered(BASE)),
    }
    return Branch(**{**default, **more})


def a_persons_branch() -> Branch:
    return a_branch(committer="bob@acme.example", message="By hand\n")


def a_pull_status(number: int = 7, **more: Any) -> PullRequestStatus:
    default: dict[str, Any] = {"url": "https://git.example.com/7", "branch": "bellpull/x", "state": "Open"}
    return PullRequestStatus(number=number, **{**default, **more})


def seen(request: ChangeRequest | None = None, **more: Any) -> Seen:
    """What was observed: nothing at the forge, the plain files on the base, known for a minute."""
    default: dict[str, Any] = {
        "repository": a_repository(),
        "target": a_target(),
        "base": a_snapshot(),
        "base_age": 60.0,
    }
    return Seen(request=request or a_request(), **{**default, **more})


def in_review(request: ChangeRequest | None = None, **more: Any) -> Seen:
    """The same with our branch, on this base, and our open pull request."""
    request = request or a_request()
    default = {"branch": a_branch(request), "pulls": (a_pull(),), "fork": a_snapshot()}
    return seen(request, **{**default, **more})


def what(decision: Decision) -> tuple[str, str]:
    """What is to be done, and what will be said."""
    return decision.step, decision.state


def rendered(
    files: Mapping[str, str | bytes] | None = None, target: ChangeTarget | None = None, **spec: Any
) -> Rendered:
    """One request against these files."""
    wanted = target or a_target()
    return render(a_request(**spec).spec, wanted.spec, a_snapshot(files, path=wanted.spec.path))


def as_stored(thing: AnyObject) -> dict[str, Any]:
    """The object as the API server would send it."""
    stored: dict[str, Any] = json.loads(thing.model_dump_json(by_alias=True, exclude_none=True))
    return stored
