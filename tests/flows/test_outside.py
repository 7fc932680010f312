"""What Git and the forge do while a request is on its way, and what is made of it."""

from bellpull.errors import Stalled, Waiting
from bellpull.forge.forge import Verdict
from tests.builders import (
    DEPLOYMENT,
    a_request,
    a_target,
    branch_of,
)
from tests.doubles.api_server import meanwhile
from tests.flows.world import World

TEN = DEPLOYMENT.replace("replicas: 3", "replicas: 10")


# Git.


def test_a_branch_that_a_hook_refuses_is_denied_and_takes_no_other_with_it(world: World) -> None:
    refused, good = a_request("refused"), a_request()
    script = f"while read old new ref; do case $ref in *{branch_of(refused)}*) exit 1;; esac; done"
    world.origin.hook("pre-receive", script)
    world.ask(refused, good)
    (outcome, fine) = world.look(refused, good)
    assert isinstance(outcome, Stalled)
    assert fine is None
    assert world.status(refused).state == "Denied"
    assert world.status(good).state == "InReview"


def test_a_branch_that_moves_while_we_push_is_looked_at_again(world: World) -> None:
    world.opened()
    world.base(DEPLOYMENT.replace("replicas: 3", "replicas: 20"))
    original = world.mirror.snapshot

    def snapshot(commit, paths):
        world.mirror.snapshot = original  # type: ignore[method-assign]
        world.base(DEPLOYMENT, branch_of(a_request()))
        return original(commit, paths)

    world.mirror.snapshot = snapshot  # type: ignore[method-assign]
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert "moved meanwhile" in outcome.message
    head = world.head()
    world.look()
    assert world.head() == head
    assert world.status().state == "Modified"


def test_a_base_that_moves_under_us_moves_the_branch_and_keeps_the_pull_request(world: World) -> None:
    world.opened()
    base = world.base(DEPLOYMENT.replace("replicas: 3", "replicas: 20"))
    assert world.look() == [None]
    assert world.origin.git("rev-parse", f"{branch_of(a_request())}^", directory=world.origin.path) == base
    assert len(world.pulls()) == 1
    status = world.status()
    assert status.summary == "replicas 20 → 10"
    assert status.pull_request is not None
    assert status.pull_request.head_sha == world.head()


def test_a_repository_that_cannot_be_read_is_told_to_all_and_keeps_what_was_known(world: World) -> None:
    world.opened()
    world.ask(a_request("second"))
    world.origin.path.rename(world.origin.path.with_name("away.git"))
    outcomes = world.look(a_request(), a_request("second"))
    assert all(isinstance(one, Stalled | Waiting) for one in outcomes)
    for request in (a_request(), a_request("second")):
        assert world.status(request).state == "RepositoryUnavailable"
    assert world.status().summary == "replicas 3 → 10"


def test_a_directory_that_is_too_large_stops_only_the_requests_for_it(world: World) -> None:
    big = {f"apps/big/{number}.yaml": "# x\n" * 260_000 for number in range(33)}
    world.origin.commit({**big, "apps/big/deployment.yaml": DEPLOYMENT})
    world.api.put(a_target("big", path="apps/big", configMap=None))
    good, bad = a_request(), a_request("bad", target="big")
    world.ask(good, bad)
    outcomes = world.look(good, bad)
    assert outcomes[0] is None
    assert world.status(good).state == "InReview"
    assert isinstance(outcomes[1], Stalled | Waiting)


def test_a_merge_commit_that_git_does_not_have_is_waited_for(world: World) -> None:
    pull = world.opened()
    world.forge.merge(pull.number, "d" * 40)
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert "is not in Git yet" in outcome.message
    assert world.status().state == "RepositoryUnavailable"


# The forge.


def test_a_pull_request_that_somebody_opens_first_is_not_made_a_second_time(world: World) -> None:
    world.ask(a_request())
    world.api.fault = meanwhile("PATCH", "/status", lambda: world.forge.foreign(branch_of(a_request())))
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert "appeared meanwhile" in outcome.message
    assert world.forge.opened == []
    world.look()
    assert world.status().state == "ForeignPullRequest"


def test_what_people_and_checks_say_is_in_the_status_and_stays_when_it_is_over(world: World) -> None:
    pull = world.opened()
    world.forge.verdicts[pull.number] = Verdict("ChangesRequested", "Failing")
    world.look()
    assert world.status().state == "ChangesRequested"
    world.forge.person(pull.number, state="Closed")
    world.look()
    status = world.status()
    assert status.state == "Rejected"
    assert status.pull_request is not None
    assert (status.pull_request.review, status.pull_request.checks) == ("ChangesRequested", "Failing")


def test_a_closed_pull_request_is_followed_again_when_a_person_reopens_it(world: World) -> None:
    pull = world.opened()
    world.forge.person(pull.number, state="Closed")
    world.look()
    world.forge.person(pull.number, state="Open")
    world.look()
    assert world.status().state == "InReview"
    assert len(world.pulls()) == 1


def test_a_pull_request_that_the_forge_does_not_show_is_never_replaced(world: World) -> None:
    world.opened()
    world.forge.pulls.clear()
    (outcome,) = world.look()
    assert isinstance(outcome, Waiting)
    assert (world.status().state, world.forge.pulls) == ("RepositoryUnavailable", {})


def test_a_forge_that_wants_fewer_requests_is_told_as_it_is(world: World) -> None:
    world.opened()
    world.forge.errors["find"] = Waiting("RateLimited", "The forge wants fewer requests.", 60)
    world.look()
    assert world.status().state == "RateLimited"


def test_a_wait_that_is_soon_over_is_not_worth_a_line_in_the_status(world: World) -> None:
    world.opened()
    before = world.status()
    world.forge.errors["verdict"] = Waiting("RepositoryUnavailable", "In a moment.", 5)
    world.look()
    assert world.status() == before


def test_an_error_that_no_state_is_named_for_is_an_unavailable_repository(world: World) -> None:
    world.opened()
    world.forge.errors["find"] = Stalled("CredentialsRefused", "Renew the token.")
    world.look()
    status = world.status()
    assert (status.state, status.conditions[0].message) == ("RepositoryUnavailable", "Renew the token.")


def test_without_a_connection_requests_are_told_why(world: World) -> None:
    world.ask(a_request())
    world.connection = Stalled("CredentialsMissing", "create Secret bellpull-system/gitops-bot")
    world.look()
    assert world.status().conditions[0].message == "Create Secret bellpull-system/gitops-bot."
