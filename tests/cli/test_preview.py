"""`bellpull preview`: the diff on standard output, the exit code, and a sentence for everything that does not go."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bellpull.__main__ import main

ROOT = Path(__file__).parents[2]
INPUT = """\
apiVersion: bellpull.dev/v1alpha1
kind: ChangeRequest
metadata: {name: one}
spec:
  target: cart
  image: v1.4.2
  replicas: 10
  config: {DARK_MODE: "on"}
---
apiVersion: bellpull.dev/v1alpha1
kind: ChangeTarget
metadata: {name: cart}
spec:
  repository: gitops
  path: apps/cart
  workload: {kind: Deployment, name: cart}
  configMap: cart-flags
---
kind: Deployment
metadata: {name: &name bystander, labels: {app: *name}}
"""
DEPLOYMENT = """\
kind: Deployment
metadata: {name: cart}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: cart, image: "ghcr.io/acme/cart:v1.4.1@sha256:DIGEST"}   # pinned
""".replace("DIGEST", "a" * 64)
FLAGS = "kind: ConfigMap\r\nmetadata: {name: cart-flags}\r\ndata:\r\n  DARK_MODE: 'off'"
Preview = Callable[..., tuple[int, str, str]]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A directory with the cart's files; its name has a space in it."""
    root = tmp_path / "a repo"
    (root / "apps/cart").mkdir(parents=True)
    (root / "apps/cart/deployment.yaml").write_bytes(DEPLOYMENT.encode())
    (root / "apps/cart/flags.yaml").write_bytes(FLAGS.encode())
    return root


@pytest.fixture
def preview(repo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Preview:
    """Exit code, standard output and standard error for this input."""

    def run(text: str = INPUT, root: Path = repo) -> tuple[int, str, str]:
        file = tmp_path / "input.yaml"
        file.write_text(text)
        code = main(["preview", "-f", str(file), "--repo", str(root)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def test_the_diff_is_one_that_git_applies_and_then_there_is_nothing_to_change(preview: Preview, repo: Path) -> None:
    code, diff, notes = preview()
    assert code == 0
    assert "the pinned digest" in notes
    applied = subprocess.run(["git", "apply"], cwd=repo, input=diff.encode(), capture_output=True, check=False)
    assert applied.returncode == 0, applied.stderr
    changed = (repo / "apps/cart/deployment.yaml").read_text()
    assert changed == DEPLOYMENT.replace("replicas: 3", "replicas: 10").replace("v1.4.1@sha256:" + "a" * 64, "v1.4.2")
    assert (repo / "apps/cart/flags.yaml").read_bytes() == FLAGS.replace("'off'", "'on'").encode()
    code, diff, said = preview()
    assert (code, diff) == (0, "")
    assert said.startswith("NoChange: ")


def test_the_input_may_come_from_standard_input(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(INPUT.encode())))
    assert main(["preview", "-f", "-", "--repo", str(repo)]) == 0
    assert "+  replicas: 10\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "name: cart}\n  configMap",
            "name: web}\n  configMap",
            "WorkloadMissing: no Deployment named web stands in apps/cart;",
        ),
        ("path: apps/cart", "path: apps/web", "PathMissing: apps/web does not exist in the directory;"),
        ("path: apps/cart", "path: apps/cart/deployment.yaml/x", "PathMissing: "),
        ("DARK_MODE", "LIGHT", "Refused: apps/cart/flags.yaml:4: data has no LIGHT; it has DARK_MODE"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_reason_and_way_out(
    preview: Preview, old: str, new: str, said: str
) -> None:
    code, diff, error = preview(INPUT.replace(old, new))
    assert (code, diff) == (3, "")
    assert error.startswith(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicas: 10", 'replicas: "10"', "spec.replicas: Input should be a valid integer"),
        ("replicas: 10", "replicas: 1_0", "1_0 is read in different ways"),
        ("replicas: 10", "replicas: 1.5", "1.5 is read in different ways"),
        ("replicas: 10", "replica: 10", "spec.replica: Extra inputs are not permitted"),
        ('"on"', "on", "spec.config.DARK_MODE: Input should be a valid string"),
        ("path: apps/cart", "path: ../cart", "spec.path: "),
        ("  target: cart", "  target: web", "holds 0 ChangeTargets named web"),
        ("kind: ChangeRequest", "kind: Other", "holds 0 ChangeRequests"),
        ("metadata: {name: one}", "metadata: *one", "input.yaml:"),
        ("{name: one}", "{name: one, name: two}", "the key name stands in line 3 already"),
        ("{name: one}", "{name: !x one}", "the tag !x is not understood here"),
        ("{name: one}", "{? [a] : one}", "a key must be a single word"),
        (
            INPUT[: INPUT.index("---")],
            INPUT[: INPUT.index("  image")],
            "say what to change: image, images, replicas or config",
        ),
        ("spec:\n  repository", "spec:\n  [", "this is not YAML that can be read"),
    ],
)
def test_input_that_cannot_be_used_is_named(preview: Preview, old: str, new: str, said: str) -> None:
    assert old in INPUT
    code, diff, error = preview(INPUT.replace(old, new, 1))
    assert (code, diff) == (2, "")
    assert error.startswith("bellpull preview: ")
    assert said in error


def test_a_file_or_directory_that_is_not_there_is_named(
    preview: Preview, repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "-f", "/nowhere/x.yaml", "--repo", str(repo)]) == 2
    assert "/nowhere/x.yaml cannot be read" in capfd.readouterr().err
    code, _, error = preview(root=repo / "nowhere")
    assert code == 2
    assert "is not a directory" in error


def test_nothing_is_followed_through_a_link(preview: Preview, repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (repo / "apps/cart").rename(outside)
    (repo / "apps/cart").symlink_to(outside)
    assert preview()[2].startswith("Refused: apps/cart is a symbolic link")
    assert preview(INPUT.replace("path: apps/cart", "path: apps/cart/deployment.yaml"))[2].startswith("PathMissing: ")
    (repo / "apps/cart").unlink()
    (repo / "apps/cart").mkdir()
    (repo / "apps/cart/deployment.yaml").symlink_to(outside / "deployment.yaml")
    assert preview()[2].startswith("WorkloadMissing: ")


def test_a_file_whose_name_no_commit_of_ours_could_hold_is_left_out(preview: Preview, repo: Path) -> None:
    (repo / "apps/cart/deployment.yaml").rename(repo / "apps/cart/depl\u202eoyment.yaml")
    assert preview()[2].startswith("WorkloadMissing: ")


def test_a_file_that_cannot_be_read_is_refused(preview: Preview, repo: Path) -> None:
    name = "x" * 300
    code, _, error = preview(INPUT.replace("path: apps/cart", f"path: apps/{name}"))
    assert code == 3
    assert "cannot be read (File name too long)" in error


def test_it_needs_neither_cluster_nor_forge_nor_git() -> None:
    program = (
        "import sys; import bellpull.cli.preview; print(*{'kopf', 'kubernetes', 'git', 'aiohttp'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout == "\n"
