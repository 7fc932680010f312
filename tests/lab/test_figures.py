"""What people wait for, measured in this run and printed at its end; nothing here fails for being slow."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from lab.lab import Lab
from tests.lab.conftest import ROOT, Service, new_service, resident

SAMPLES = 7


@pytest.fixture
def plain_operator(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The operator as users run it, not watched by coverage."""
    measured = os.environ.get("LAB_COVERAGE")
    monkeypatch.delenv("LAB_COVERAGE", raising=False)
    lab.start_operator()
    yield lab
    if measured:
        monkeypatch.setenv("LAB_COVERAGE", measured)
        lab.start_operator()


def test_from_kubectl_create_to_the_pull_request(plain_operator: Lab, figure: Callable[[str], None]) -> None:
    seconds = [seconds_to_pull_request(new_service(plain_operator)) for _ in range(SAMPLES)]
    figure(
        f"kubectl create to the pull request: median {statistics.median(seconds):.2f} s of {SAMPLES} "
        f"(from {min(seconds):.2f} to {max(seconds):.2f}; two kubectl processes included)"
    )
    figure(f"operator RSS after the run: {resident(plain_operator.operator_pid)} MB")


def seconds_to_pull_request(service: Service) -> float:
    begun = time.monotonic()
    request = service.ask(image="v1.4.2", replicas=10)
    wait = ("wait", request.name, "--for=jsonpath={.status.pullRequest.url}", "--timeout=60s")
    service.lab.kubectl(*wait, user="alice")
    return time.monotonic() - begun


def test_make_demo_tells_the_story(figure: Callable[[str], None]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("LAB_COVERAGE", "MAKEFLAGS")}
    begun = time.monotonic()
    told = subprocess.run(["make", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "State Merged" in told.stdout
    assert "+  replicas: 10" in told.stdout
    figure(f"make demo, warm: {time.monotonic() - begun:.1f} s")
