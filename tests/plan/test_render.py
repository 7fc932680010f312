"""One request against one snapshot: which object, which path, which value, or the sentence that says why not."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bellpull.api.changerequest import DIFF_LENGTH, SHOWN_LENGTH
from bellpull.errors import Refused, Stalled
from bellpull.plan.facts import Snapshot
from bellpull.plan.render import check_target, cut_diff, render, unified_diff
from tests.builders import CONFIG_MAP, DEPLOYMENT, FILE, FLAGS, a_request, a_snapshot, a_target, rendered
from tests.edits.profile import thorough

CRON_JOB = """\
kind: CronJob
metadata: {name: cart}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - {name: settle, image: "acme/settle:v1"}
"""


def steps(result) -> list[tuple[str, str, str, str]]:
    return [(step.label, step.change.path, step.change.from_, step.change.to) for step in result.steps]


# What each field means.


def test_image_means_the_target_s_container() -> None:
    found = steps(rendered(target=a_target(container="sidecar"), image="v9"))
    where = "spec.template.spec.containers[name=sidecar].image"
    assert found == [("image", where, "ghcr.io/acme/telemetry:v2.0.0", "ghcr.io/acme/telemetry:v9")]


def test_image_means_the_first_container_where_the_target_names_none() -> None:
    assert steps(rendered(image="v9"))[0][1] == "spec.template.spec.containers[name=cart].image"


def test_images_name_containers_also_initial_ones() -> None:
    found = steps(rendered(images={"sidecar": "v9", "migrate": "v2"}))
    assert [one[:2] for one in found] == [
        ("sidecar", "spec.template.spec.containers[name=sidecar].image"),
        ("migrate", "spec.template.spec.initContainers[name=migrate].image"),
    ]


def test_image_and_images_may_not_name_one_container() -> None:
    with pytest.raises(Refused, match=r"spec\.image and spec\.images both name the container cart"):
        rendered(image="v2", images={"cart": "v3"})


def test_everything_at_once_is_one_change_of_two_files_in_the_order_of_the_spec() -> None:
    result = rendered(image="v2", images={"sidecar": "v3"}, replicas=10, config={"DARK_MODE": "on", "EMPTY": "x"})
    assert [step.label for step in result.steps] == ["image", "sidecar", "replicas", "DARK_MODE", "EMPTY"]
    assert set(result.files) == {FILE, FLAGS}
    assert result.read == (FILE, FLAGS)
    assert result.diff.count("+++ b/") == 2


def test_a_config_alone_does_not_need_the_workload() -> None:
    result = rendered({FLAGS: CONFIG_MAP}, config={"DARK_MODE": "on"})
    assert result.files == {FLAGS: ("100644", CONFIG_MAP.replace('"off"', '"on"').encode())}


def test_workload_and_configmap_in_one_file_are_changed_together() -> None:
    file = "apps/cart/all.yaml"
    result = rendered({file: f"{DEPLOYMENT}---\n{CONFIG_MAP}"}, replicas=10, config={"DARK_MODE": "on"})
    assert list(result.files) == [file]
    assert result.read == (file,)
    assert len(result.steps) == 2


def test_values_that_stand_already_are_no_steps_and_no_files() -> None:
    result = rendered(image="v1.4.1", replicas=3)
    assert (result.steps, result.files, result.diff) == ((), {}, "")
    assert result.read == (FILE,)


def test_a_file_is_found_when_the_target_names_it() -> None:
    assert steps(rendered(target=a_target(path=FILE), replicas=10)) == [("replicas", "spec.replicas", "3", "10")]


def test_a_dropped_digest_is_noted_for_reviewers() -> None:
    pinned = DEPLOYMENT.replace("cart:v1.4.1", "cart:v1.4.1@sha256:" + "0" * 64)
    assert "was dropped" in rendered({FILE: pinned}, image="v2").notes[0]


def test_long_values_are_cut_for_the_status_but_not_in_the_file() -> None:
    long = "x" * (SHOWN_LENGTH - 1) + "yz"
    result = rendered({FLAGS: CONFIG_MAP.replace('"off"', long)}, config={"DARK_MODE": "on"})
    before = result.steps[0].change.from_
    assert before is not None
    assert (len(before), before[-1]) == (SHOWN_LENGTH, "…")


# Kinds of workload.


def test_a_cronjob_has_its_pod_further_down() -> None:
    found = steps(rendered({FILE: CRON_JOB}, target=a_target(kind="CronJob"), image="v2"))
    assert found[0][1] == "spec.jobTemplate.spec.template.spec.containers[name=settle].image"


@pytest.mark.parametrize("kind", ["DaemonSet", "CronJob"])
def test_what_does_not_scale_has_no_replicas(kind: str) -> None:
    text = CRON_JOB if kind == "CronJob" else DEPLOYMENT.replace("Deployment", kind)
    with pytest.raises(Refused, match=rf"a {kind} has no replicas; leave spec\.replicas out"):
        rendered({FILE: text}, target=a_target(kind=kind), replicas=2)


def test_a_statefulset_scales() -> None:
    text = DEPLOYMENT.replace("Deployment", "StatefulSet")
    assert rendered({FILE: text}, target=a_target(kind="StatefulSet"), replicas=2).steps


def test_a_workload_without_containers_is_refused() -> None:
    with pytest.raises(Refused, match="Deployment cart has no containers in the file"):
        rendered({FILE: "kind: Deployment\nmetadata: {name: cart}\nspec: {}\n"}, image="v2")


# What is missing or not ours to read.


def test_a_target_without_configmap_says_who_can_name_one() -> None:
    with pytest.raises(Refused, match=r"names no ConfigMap; its owner can set spec\.configMap"):
        rendered(target=a_target(configMap=None), config={"A": "b"})


def test_a_path_that_does_not_exist_says_so() -> None:
    with pytest.raises(Stalled, match=r"apps/cart does not exist at commit bbbbbbbbbbbb; mend spec\.path") as stalled:
        rendered({"README.md": "Hello"})
    assert stalled.value.reason == "PathMissing"


def test_a_symbolic_link_is_never_followed() -> None:
    link = Snapshot("b" * 40, {"apps/cart": "other"}, {})
    with pytest.raises(Refused, match="apps/cart is a symbolic link, a submodule or a file over 1 MiB; name a plain"):
        render(a_request().spec, a_target().spec, link)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("kustomization.yaml", "a kustomize directory"),
        ("kustomization.yml", "a kustomize directory"),
        ("Kustomization", "a kustomize directory"),
        ("Chart.yaml", "a Helm chart"),
    ],
)
def test_a_directory_of_another_tool_is_refused_by_name(name: str, tool: str) -> None:
    with pytest.raises(Refused, match=rf"apps/cart is {tool} \({name}\)"):
        rendered({FILE: DEPLOYMENT, f"apps/cart/{name}": "x: y\n"})


@pytest.mark.parametrize("name", ["deployment.txt", "deeper/deployment.yaml"])
def test_only_manifests_directly_in_the_directory_count(name: str) -> None:
    with pytest.raises(Stalled, match="no Deployment named cart stands in apps/cart") as stalled:
        rendered({f"apps/cart/{name}": DEPLOYMENT, "apps/cart/x.yaml": "a: cart\n"})
    assert stalled.value.reason == "WorkloadMissing"


def test_a_file_that_is_no_text_only_matters_if_it_could_hold_the_object() -> None:
    assert rendered({FILE: DEPLOYMENT, "apps/cart/logo.yaml": b"\xff\x00"}, replicas=10).steps
    with pytest.raises(Refused, match="is not UTF-8"):
        rendered({FILE: DEPLOYMENT, "apps/cart/logo.yaml": b"cart \xff\x00"}, replicas=10)


def test_a_target_is_told_what_its_requests_would_be_told() -> None:
    check_target(a_target().spec, a_snapshot())
    check_target(a_target(configMap=None).spec, a_snapshot({FILE: DEPLOYMENT}))
    with pytest.raises(Stalled, match="no ConfigMap named cart-flags"):
        check_target(a_target().spec, a_snapshot({FILE: DEPLOYMENT}))
    with pytest.raises(Stalled, match="no Deployment named trolley"):
        check_target(a_target(workload="trolley").spec, a_snapshot())
    with pytest.raises(Refused, match="it has cart, sidecar"):
        check_target(a_target(container="sidecart").spec, a_snapshot())


# The diff.


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("applied")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\nb: 2\nc: 3\n", "a: 1\nb: 9\nc: 3\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 9\r\n"),
        ("a: 1\nb: 2", "a: 1\nb: 9"),
        ("a: 1\nb: 2", "a: 9\nb: 2"),
        ("\ufeffa: 1\n", "\ufeffa: 9\n"),
        ("a: 1 \x0c \u2028 \x85\nb: 2\n", "a: 1 \x0c \u2028 \x85\nb: 9\n"),
        ("a: '\r'\nb: 2\n", "a: '\r'\nb: 3\n"),
        ("-- a\n++ b\n", "-- a\n++ c\n"),
        ("x\n" * 40 + "y", "z\n" + "x\n" * 39 + "w"),
    ],
    ids=range(9),
)
def test_git_apply_takes_the_diff_and_gives_exactly_the_new_bytes(directory: Path, before: str, after: str) -> None:
    file = directory / "apps" / "a file.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(before.encode())
    diff = unified_diff("apps/a file.yaml", before, after)
    git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(git, cwd=directory, input=diff.encode(), check=True)
    assert file.read_bytes() == after.encode()


def test_equal_texts_have_no_diff() -> None:
    assert unified_diff("f", "a\n", "a\n") == ""


@settings(thorough, max_examples=60)
@example(["x" * 100] * 100)
@example(["x" * 9000])
@given(st.lists(st.text(min_size=0, max_size=3000), max_size=12))
def test_a_diff_is_cut_between_lines_to_what_the_status_takes(lines: list[str]) -> None:
    diff = "--- a/f\n+++ b/f\n" + "".join(f" {line.translate({10: None})}\n" for line in lines)
    cut = cut_diff(diff)
    assert len(cut) <= DIFF_LENGTH
    if len(diff) <= DIFF_LENGTH:
        assert cut == diff
    else:
        kept, mark = cut.removesuffix("\n").rsplit("\n", 1)
        assert diff.startswith(f"{kept}\n")
        assert mark == "… (the rest is in the pull request)"
