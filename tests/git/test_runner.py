"""The runner: an environment nobody else can shape, a bound on time and output, nothing left behind."""

import logging
import os
import time
from pathlib import Path

import pytest

from bellpull.git.failures import CorruptMirrorError, local_failure, remote_failure
from bellpull.git.remote import Credential, Remote
from bellpull.git.runner import Result, run


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    path = tmp_path / "bare"
    path.mkdir()
    assert run(path, ["init", "--quiet", "--bare"]).ok
    return path


def alias(command: str) -> tuple[str, str]:
    return ("alias.test", f"!{command}")


def test_input_and_output_are_bytes_of_any_size(bare: Path) -> None:
    data = os.urandom(3 << 20)
    result = run(bare, ["hash-object", "-w", "--stdin"], stdin=data)
    assert result.ok
    assert run(bare, ["cat-file", "blob", result.stdout.decode().strip()]).stdout == data


def test_a_failure_has_its_code_and_text(bare: Path) -> None:
    result = run(bare, ["cat-file", "-e", "nothing"])
    assert (result.ok, result.returncode, result.stdout) == (False, 128, b"")
    assert "nothing" in result.stderr


def test_a_child_that_takes_too_long_is_ended_with_all_its_helpers(bare: Path) -> None:
    started = time.monotonic()
    result = run(bare, ["test"], settings=[alias("sleep 300 & echo $!; sleep 300")], timeout=0.5)
    assert time.monotonic() - started < 5
    assert (result.ok, result.cut) == (False, "timeout")
    for _ in range(50):
        if not Path(f"/proc/{result.stdout.decode().strip()}/cmdline").exists():
            return
        time.sleep(0.1)
    pytest.fail("the helper is still alive")


def test_a_child_that_closes_its_pipes_and_stays_is_ended(bare: Path) -> None:
    result = run(bare, ["test"], settings=[alias("exec sleep 300 <&- >&- 2>&-")], timeout=0.5)
    assert result.cut == "timeout"


def test_too_much_output_ends_the_child(bare: Path) -> None:
    result = run(bare, ["test"], settings=[alias("cat /dev/zero")], limit=1 << 20)
    assert (result.ok, result.cut) == (False, "overflow")
    result = run(bare, ["test"], settings=[alias("head -c 100 /dev/zero")], limit=99)
    assert (result.ok, result.cut) == (False, "overflow")


def test_a_child_that_does_not_read_its_input_is_no_failure(bare: Path) -> None:
    assert run(bare, ["test"], stdin=b"x" * (4 << 20), settings=[alias("exec true")]).ok


def test_a_flood_of_complaints_is_cut(bare: Path) -> None:
    result = run(bare, ["test"], settings=[alias("head -c 3000000 /dev/zero >&2")])
    assert result.ok
    assert len(result.stderr) <= 1 << 16


def test_no_file_descriptor_and_no_child_is_left(bare: Path) -> None:
    run(bare, ["version"])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        run(bare, ["version"])
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_inherited_git_variables_have_no_effect(tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_NAMESPACE", "evil")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'alias.evil=!true'")
    monkeypatch.setenv("GIT_CONFIG_KEY_7", "alias.evil")
    shown = run(bare, ["test"], settings=[alias("env")]).stdout.decode()
    assert "evil" not in shown
    assert not (tmp_path / "trace").exists()
    assert run(bare, ["rev-parse", "--absolute-git-dir"]).stdout.decode().strip() == str(bare)


def test_no_configuration_of_the_machine_or_the_user_is_read(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Evil\n")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shown = run(bare, ["config", "--list", "--show-origin"]).stdout.decode()
    assert "Evil" not in shown
    assert {line.split("\t")[0] for line in shown.splitlines()} <= {f"file:{bare}/config", "command line:"}
    assert f"HOME={bare}\n" in run(bare, ["test"], settings=[alias("env")]).stdout.decode()


def test_git_never_runs_in_the_directory_of_the_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    result = run(tmp_path / "missing", ["rev-parse", "--git-dir"])
    assert result.returncode == 128
    assert isinstance(local_failure(result), CorruptMirrorError)


def test_no_other_transport_is_allowed(bare: Path) -> None:
    for url in ("ext::sh -c id", "file:///etc", "http://127.0.0.1:9/x"):
        result = run(bare, ["ls-remote", "--", url])
        assert "transport" in result.stderr
        assert "not allowed" in result.stderr


def test_the_disk_being_full_is_waited_for() -> None:
    failure = local_failure(Result(128, b"", "fatal: write error: No space left on device"))
    assert "no space left" in str(failure)


REMOTE = Remote("https://git.acme.example/o/r.git", "main", "bellpull/", Credential("bot", "s3cret"))


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("fatal: Authentication failed for 'https://x/'", "CredentialsRefused"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", "CredentialsRefused"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", "CredentialsRefused"),
        ("fatal: repository 'https://x/' not found", "RepositoryNotFound"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 301", "RepositoryNotFound"),
        ("fatal: unable to update url base from redirection:", "RepositoryNotFound"),
        ("fatal: couldn't find remote ref refs/heads/main", "BranchMissing"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 429", "RateLimited"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 502", "RepositoryUnavailable"),
        ("fatal: unable to access 'https://x/': SSL certificate problem: self-signed", "RepositoryUnavailable"),
        ("remote: bad object\nfatal: the remote end hung up unexpectedly", "RepositoryUnavailable"),
        ("something never seen", "RepositoryUnavailable"),
        ("fatal: No space left on device", "RepositoryUnavailable"),
    ],
)
def test_what_git_says_of_a_remote_is_classified_and_not_passed_on(stderr: str, reason: str) -> None:
    failure = remote_failure(Result(128, b"", stderr), REMOTE)
    assert getattr(failure, "reason", None) == reason
    assert "hung up" not in str(failure)
    assert "s3cret" not in str(failure)


def test_a_server_that_echoes_the_credential_does_not_get_it_into_the_log() -> None:
    header = Credential("bot", "s3cret").header
    assert REMOTE.redact(f"you sent {header} with s3cret") == "you sent Authorization: Basic *** with ***"
    assert Remote("https://h/r.git", "main", "b/").redact("plain") == "plain"


def test_commands_are_logged_without_the_credential(bare: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    run(bare, ["version"], settings=REMOTE.settings)
    assert "s3cret" not in caplog.text
    assert "Basic" not in caplog.text
