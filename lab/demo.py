"""The story, told on a real cluster and a real forge: one ChangeRequest becomes one merged pull request.

It can be told again in a running lab: image and replicas are chosen from what stands in Git now, so that there is
always something to change.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any

from lab import forge
from lab.lab import Lab
from lab.processes import LabError, until

FILE = "apps/cart/deployment.yaml"
REPOSITORY = f"/repos/{forge.REPOSITORY}"
SECONDS = 120
COLOURS = {"+": "32", "-": "31", "@": "36"}

REQUEST = """\
apiVersion: bellpull.dev/v1alpha1
kind: ChangeRequest
metadata:
  generateName: cart-
spec:
  target: cart
  image: {image}
  replicas: {replicas}
  reason: Black Friday
"""


def run(lab: Lab) -> int:
    """Tell it in the lab that runs, or in one that is started for it and stopped afterwards; 0 if it ended well."""
    ours = not lab.healthy()
    started = time.monotonic()
    _say("Starting a Kubernetes API server, a Git forge and the operator …" if ours else "Using the running lab …")
    try:
        lab.up()
        _say(f"  ready after {time.monotonic() - started:.1f} s. Forge: {lab.env['LAB_FORGE_URL']}")
        return _tell(lab)
    finally:
        if ours:
            lab.down()
            _say("\nThe lab is stopped. `make lab` keeps one running, and `make demo` then uses it.")


def _tell(lab: Lab) -> int:
    started = time.monotonic()
    _heading("1. Alice, a developer, asks for a change. She never touches Git.")
    request = _next_request(lab)
    _say(_indented(request))
    name = lab.kubectl("create", "-f", "-", "-o", "name", user="alice", stdin=request).stdout.strip()
    _say(f"$ kubectl create -f -\n{name} created")

    _heading("2. The operator edits the one file that matters and opens a pull request.")
    _wait("the pull request is open", lambda: _proposed(lab, name), lab)
    _show(lab)
    number = int(_status(lab, name, "{.status.pullRequest.number}"))
    _say(f"\n{_coloured(str(lab.forge('GET', f'{REPOSITORY}/pulls/{number}.diff')[1]))}")
    _say(f"Pull request: {_status(lab, name, '{.status.pullRequest.url}')}")

    _heading("3. Bob reviews it and merges it, at the forge, as ever.")
    pull = _ask(lab, "GET", f"/pulls/{number}")
    sha = pull["head"]["sha"]
    _ask(lab, "POST", f"/pulls/{number}/reviews", {"event": "APPROVED", "body": "Enjoy Friday.", "commit_id": sha})
    # The forge first works out whether it can be merged, and says "try again later" until then.
    _wait("the forge can merge it", lambda: bool(_ask(lab, "GET", f"/pulls/{number}")["mergeable"]), lab)
    _ask(lab, "POST", f"/pulls/{number}/merge", {"Do": "squash", "head_commit_id": sha})
    _say("approved and merged")

    _heading("4. The ChangeRequest says so.")
    lab.kubectl("wait", "--for=condition=Finished", f"--timeout={SECONDS}s", name, user="alice")
    _show(lab)
    state = _status(lab, name, "{.status.state}")
    _say(f"\nState {state}, commit {_status(lab, name, '{.status.pullRequest.mergeCommit}')} on main.")
    _say(f"From the wish to the merge: {time.monotonic() - started:.1f} s.")
    return 0 if state == "Merged" else 1


def _next_request(lab: Lab) -> str:
    text = lab.git("show", f"main:{FILE}")
    image = re.search(r"image: ghcr\.io/acme/cart:v(\d+)\.(\d+)\.(\d+)", text)
    replicas = re.search(r"(?m)^  replicas: (\d+)", text)
    if not image or not replicas:
        raise LabError(f"{FILE} in the lab's repository is not as the story knows it: `make lab-down` and try again.")
    major, minor, patch = image.groups()
    return REQUEST.format(image=f"v{major}.{minor}.{int(patch) + 1}", replicas=3 if int(replicas[1]) == 10 else 10)


def _status(lab: Lab, name: str, path: str) -> str:
    return lab.kubectl("get", name, "-o", f"jsonpath={path}", user="alice").stdout


def _proposed(lab: Lab, name: str) -> bool:
    stalled = _status(lab, name, '{.status.conditions[?(@.type=="Stalled")].status}') == "True"
    if stalled:
        raise LabError(_status(lab, name, '{.status.conditions[?(@.type=="Stalled")].message}'))
    return bool(_status(lab, name, "{.status.pullRequest.url}"))


def _ask(lab: Lab, method: str, path: str, body: Any = None) -> Any:
    status, reply = lab.forge(method, f"{REPOSITORY}{path}", body, token="reviewer")  # noqa: S106
    if status >= 300:
        raise LabError(f"the forge refused {method} {path}: {status} {reply}")
    return reply


def _wait(what: str, probe: Callable[[], bool], lab: Lab) -> None:
    try:
        until(probe, SECONDS, what, every=0.2)
    except LabError as problem:
        _show(lab)
        raise LabError(f"{problem}. The operator's log ends:{lab.processes.tail('operator')}") from problem


def _show(lab: Lab) -> None:
    _say("$ kubectl get changerequests")
    _say(lab.kubectl("get", "changerequests", user="alice").stdout.rstrip())


def _heading(text: str) -> None:
    _say(f"\n{_paint(text, '1')}\n")


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def _coloured(diff: str) -> str:
    return "".join(f"    {_paint(line, COLOURS.get(line[:1], ''))}\n" for line in diff.splitlines())


def _paint(text: str, colour: str) -> str:
    plain = not colour or not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\033[{colour}m{text}\033[0m"


def _say(text: str) -> None:
    print(text, flush=True)
