"""The lab keeps its promises: it starts, survives, stops, and gives people the rights of their groups only."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import build, clusters
from lab.lab import Lab
from lab.processes import LabError

STARTS_WITHIN = 40.0  # seconds, programs built; about 6 on an idle machine of 2 cores
SERVERS = ("etcd", "apiserver", "gitea")
REQUEST = json.dumps(
    {
        "apiVersion": "bellpull.dev/v1alpha1",
        "kind": "ChangeRequest",
        "metadata": {"generateName": "cart-"},
        "spec": {"target": "cart", "replicas": 4, "reason": "a test of the lab"},
    }
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab without operator, in a directory with a space in its name."""
    build.program(build.CONTROLPLANE)
    build.program(build.GITEA)
    lab = Lab(tmp_path_factory.mktemp("labs") / "a lab")
    try:
        lab.up(operator=False)
        yield lab
    finally:
        lab.down()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A second lab at the same time, on binaries that were given; tests may do to it what they like."""
    lab = Lab(tmp_path_factory.mktemp("labs") / "another lab")
    try:
        start_on_given_binaries(lab)
        yield lab
    finally:
        lab.down()


def start_on_given_binaries(lab: Lab) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBEBUILDER_ASSETS", str(build.program(build.CONTROLPLANE)))
        lab.up(operator=False)


def pids(lab: Lab) -> dict[str, int | None]:
    return {name: lab.processes.pid(name) for name in SERVERS}


def may(lab: Lab, user: str, *what: str) -> bool:
    return lab.kubectl("auth", "can-i", *what, user=user, check=False).stdout.strip() == "yes"


def listening(pid: int) -> set[str]:
    """The hexadecimal local addresses that a process listens on, as /proc/net/tcp has them."""
    inodes = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def run(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"LAB_KUBECONFIG", "KUBEBUILDER_ASSETS"}}
    return subprocess.run(
        [sys.executable, "-m", "lab", "--directory", str(directory), *arguments],
        cwd=clusters.ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_lab_is_up_within_its_bound(lab: Lab, tmp_path: Path) -> None:
    quick = Lab(tmp_path / "quick")
    started = time.monotonic()
    try:
        assert quick.up(operator=False) is False
        assert time.monotonic() - started < STARTS_WITHIN
    finally:
        quick.down()


def test_a_second_up_changes_nothing_in_a_healthy_lab(lab: Lab) -> None:
    before = pids(lab), lab.env, lab.git("rev-parse", "main")
    assert lab.up(operator=False) is True
    assert (pids(lab), lab.env, lab.git("rev-parse", "main")) == before
    assert None not in before[0].values()


def test_the_env_file_holds_what_scripts_rely_on_and_is_closed_to_others(lab: Lab) -> None:
    assert list(lab.env) == [
        "KUBECONFIG",
        "LAB_KUBECONFIG_ALICE",
        "LAB_KUBECONFIG_BOB",
        "LAB_KUBECONFIG_MALLORY",
        "LAB_KUBECTL",
        "LAB_FORGE_URL",
        "LAB_FORGE_BOT_TOKEN",
        "LAB_FORGE_ADMIN_TOKEN",
        "LAB_FORGE_REVIEWER_TOKEN",
        "LAB_GIT_URL",
        "LAB_NAMESPACE",
    ]
    assert (lab.directory / "env").stat().st_mode & 0o077 == 0
    assert "@" not in lab.env["LAB_GIT_URL"]


def test_rights_come_through_groups_only(lab: Lab) -> None:
    for user, use, approve in (("alice", True, False), ("bob", True, True), ("mallory", False, False)):
        assert may(lab, user, "create", "changerequests.bellpull.dev")
        assert may(lab, user, "use", "changetargets.bellpull.dev/cart") is use
        assert may(lab, user, "approve", "changetargets.bellpull.dev/cart") is approve
        assert not may(lab, user, "get", "secrets", "-n", "bellpull-system")
        assert not may(lab, user, "get", "changerepositories.bellpull.dev")
    assert not may(lab, "admin", "create", "changerequests.bellpull.dev", "--as=alice")
    assert may(lab, "admin", "create", "changerequests.bellpull.dev", "--as=alice", "--as-group=developers")


def test_a_visitor_is_refused_by_the_policy_and_a_developer_is_stamped(lab: Lab) -> None:
    refused = lab.kubectl("create", "-f", "-", user="mallory", stdin=REQUEST, check=False)
    assert "denied request" in refused.stderr
    created = lab.kubectl("create", "-f", "-", "-o", "json", user="alice", stdin=REQUEST)
    assert json.loads(created.stdout)["spec"]["requestedBy"]["username"] == "alice"


def test_the_audit_log_says_who_created_what(lab: Lab) -> None:
    lab.kubectl("create", "-f", "-", user="alice", stdin=REQUEST)
    events = [json.loads(line) for line in (lab.directory / "audit.log").read_text().splitlines()]
    ours = [event for event in events if event.get("objectRef", {}).get("resource") == "changerequests"]
    created = [event for event in ours if event["verb"] == "create" and event["user"]["username"] == "alice"]
    assert created[-1]["requestObject"]["spec"]["reason"] == "a test of the lab"


def test_the_bot_may_push_branches_but_neither_main_nor_administration(lab: Lab) -> None:
    file = {"content": "aGVsbG8K", "message": "try"}
    contents = "/repos/acme/gitops/contents/tried.txt"
    assert lab.forge("POST", contents, file | {"branch": "main"}, token="bot")[0] == 403
    assert lab.forge("POST", contents, file | {"branch": "main", "new_branch": "tried"}, token="bot")[0] == 201
    assert lab.forge("GET", "/admin/users", token="bot")[0] == 403
    assert lab.git("rev-list", "--count", "main..tried").strip() == "1"


def test_every_file_of_the_repository_arrives_byte_for_byte(lab: Lab) -> None:
    assert "\r\n" in (clusters.ROOT / "lab/gitops/apps/checkout/all.yaml").read_bytes().decode()
    for name in lab.git("ls-tree", "-r", "--name-only", "main").split():
        blob = lab.git("rev-parse", f"main:{name}").strip()
        here = lab.git("hash-object", "--no-filters", str(clusters.ROOT / "lab/gitops" / name)).strip()
        assert blob == here, name


def test_servers_listen_on_loopback_only(lab: Lab) -> None:
    for name, pid in pids(lab).items():
        assert pid is not None
        addresses = {entry.split(":")[0] for entry in listening(pid)}
        assert addresses == {"0100007F"}, name


def test_kubeconfigs_verify_the_server(lab: Lab) -> None:
    for user in ("admin", "alice", "bob", "mallory"):
        cluster = json.loads((lab.directory / "kubeconfigs" / user).read_text())["clusters"][0]["cluster"]
        assert cluster["certificate-authority-data"]
        assert "insecure-skip-tls-verify" not in cluster


def test_two_labs_run_side_by_side_and_one_may_use_given_binaries(lab: Lab, other: Lab) -> None:
    assert lab.healthy()
    assert other.healthy()
    assert not set(pids(lab).values()) & set(pids(other).values())
    assert lab.env["LAB_GIT_URL"] != other.env["LAB_GIT_URL"]


def test_a_given_cluster_is_used_by_impersonation_and_never_stopped(other: Lab, tmp_path: Path) -> None:
    guest = Lab(tmp_path / "guest")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAB_KUBECONFIG", other.env["KUBECONFIG"])
        guest.up(operator=False)
    try:
        assert pids(guest)["apiserver"] is None
        assert may(guest, "alice", "use", "changetargets.bellpull.dev/cart")
        assert not may(guest, "mallory", "use", "changetargets.bellpull.dev/cart")
        created = guest.kubectl("create", "-f", "-", "-o", "json", user="alice", stdin=REQUEST)
        assert json.loads(created.stdout)["spec"]["requestedBy"]["uid"] == "alice-uid"
        url = guest.kubectl("get", "changerepository", "gitops", "-o", "jsonpath={.spec.url}").stdout
        assert url == guest.env["LAB_GIT_URL"]
    finally:
        guest.down()
    assert other.kubectl("get", "--raw", "/readyz").stdout == "ok"


def test_a_lab_whose_processes_were_all_killed_starts_afresh(other: Lab) -> None:
    before = pids(other)
    for pid in before.values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(pids(other).values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not other.healthy()
    start_on_given_binaries(other)
    assert other.healthy()
    assert not set(pids(other).values()) & set(before.values())


def test_down_leaves_no_process_and_nothing_listening(other: Lab) -> None:
    ports = {entry for pid in pids(other).values() if pid for entry in listening(pid)}
    assert len(ports) >= 4
    other.down()
    mark = os.fsencode(other.directory) + b"/"
    left = [file for file in Path("/proc").glob("[0-9]*/cmdline") if mark in read(file)]
    assert left == []
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    assert not ports & {row.split()[1] for row in rows if row.split()[3] == "0A"}
    other.down()  # and a second time is no error


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_without_go_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    result = run(tmp_path / "lab", "up", PATH=str(tmp_path))
    assert result.returncode == 2
    assert "install Go 1.2" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_go_that_is_too_old_is_named(tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go1.20.14\n")
    go.chmod(0o755)
    result = run(tmp_path / "lab", "up", PATH=str(tmp_path))
    assert result.returncode == 2
    assert "Go 1.20.14 is too old" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_directory_that_is_no_lab_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    result = run(tmp_path, "up", "--no-operator")
    assert result.returncode == 1
    assert "not a lab" in result.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_process_that_only_inherited_the_number_is_not_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            (tmp_path / "gitea.pid").write_text(f"{stranger.pid}\n")
            Lab(tmp_path).down()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_two_commands_at_once_are_refused(lab: Lab) -> None:
    with lab._alone(), pytest.raises(LabError, match="another command is at work"):
        Lab(lab.directory).up(operator=False)


def test_the_operator_needs_a_running_lab(tmp_path: Path) -> None:
    result = run(tmp_path / "lab", "operator")
    assert result.returncode == 1
    assert "make lab" in result.stderr
    assert len(result.stderr.splitlines()) == 1
