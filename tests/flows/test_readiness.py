"""Can this target be changed, can this repository be used: said as Ready with a reason."""

import pytest

from bellpull.api.conditions import Condition, find
from bellpull.errors import Stalled, Waiting
from bellpull.flows import readiness
from bellpull.flows.ports import utc_now
from bellpull.objects.objects import key_of
from tests.builders import a_repository, a_target
from tests.doubles.api_server import fails
from tests.flows.world import World


def target_ready(world: World, target=None) -> Condition:
    target = target or a_target()
    world.api.put(target)
    readiness.reconcile_targets([key_of(target)], world.ports)
    found = find(world.api.read(target).status.conditions, "Ready")
    assert found is not None
    return found


def repository_ready(world: World) -> Condition:
    readiness.reconcile_repository(world.api.read(a_repository()), world.ports)
    found = find(world.api.read(a_repository()).status.conditions, "Ready")
    assert found is not None
    return found


def test_a_target_that_can_be_changed_is_ready(world: World) -> None:
    ready = target_ready(world)
    assert (ready.status, ready.reason) == ("True", "Ready")
    assert ready.message == "changes of apps/cart can be asked for"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"path": "infra/dns"}, "NotAdmitted"),
        ({"path": "apps/nowhere"}, "PathMissing"),
        ({"workload": "trolley"}, "WorkloadMissing"),
        ({"configMap": "no-flags"}, "WorkloadMissing"),
        ({"container": "nobody"}, "Refused"),
    ],
)
def test_a_target_that_cannot_be_changed_says_why(world: World, spec, reason: str) -> None:
    ready = target_ready(world, a_target(**spec))
    assert (ready.status, ready.reason) == ("False", reason)


def test_what_is_wrong_with_one_target_is_not_told_of_another(world: World) -> None:
    good, bad = a_target(), a_target("bad", path="apps/nowhere")
    world.api.put(bad)
    outcomes = readiness.reconcile_targets([key_of(good), key_of(bad)], world.ports)
    assert outcomes[key_of(good)] is None
    assert isinstance(outcomes[key_of(bad)], Stalled)


def test_a_target_in_a_repository_that_cannot_be_used_waits_for_it(world: World) -> None:
    world.connection = Stalled("CredentialsMissing", "create the Secret")
    ready = target_ready(world)
    assert (ready.reason, ready.message) == ("RepositoryNotReady", "its repository cannot be used: create the Secret")


def test_a_target_that_is_not_admitted_is_told_so_before_anything_else(world: World) -> None:
    world.connection = Stalled("CredentialsMissing", "create the Secret")
    assert target_ready(world, a_target(path="infra/dns")).reason == "NotAdmitted"


def test_a_target_that_is_gone_or_belongs_elsewhere_is_passed_over(world: World) -> None:
    world.api.put(a_target("moved", repository="other"))
    keys = [key_of(a_target("gone")), key_of(a_target("moved"))]
    assert readiness.reconcile_targets(keys, world.ports) == {}


def test_a_target_that_cannot_be_read_now_is_read_later(world: World) -> None:
    world.api.fault = fails("GET", "/cart", 503)
    outcomes = readiness.reconcile_targets([key_of(a_target())], world.ports)
    assert isinstance(outcomes[key_of(a_target())], Waiting)


def test_a_status_that_cannot_be_written_is_written_later(world: World) -> None:
    world.api.fault = fails("PATCH", "/status", 503)
    outcomes = readiness.reconcile_targets([key_of(a_target())], world.ports)
    assert isinstance(outcomes[key_of(a_target())], Waiting)


def test_a_repository_that_can_be_used_is_ready_and_tells_its_base(world: World) -> None:
    base, problem = readiness.reconcile_repository(world.api.read(a_repository()), world.ports)
    assert (base, problem) == (world.origin.head(), None)
    assert repository_ready(world).message == "branch main can be read, and pull requests can be opened"


def test_a_repository_says_what_the_forge_says(world: World) -> None:
    world.forge.errors["check"] = Stalled("CredentialsRefused", "renew the token")
    ready = repository_ready(world)
    assert (ready.status, ready.reason, ready.message) == ("False", "CredentialsRefused", "renew the token")


def test_a_repository_says_what_git_says(world: World) -> None:
    world.origin.path.rename(world.origin.path.with_name("away.git"))
    assert repository_ready(world).status == "False"


def test_the_clock_of_the_operator_is_aware() -> None:
    assert utc_now().tzinfo is not None
