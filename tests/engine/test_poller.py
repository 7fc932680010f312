"""What moved at the forge since the last look; a look that fails halfway forgets nothing."""

import pytest

from bellpull.engine.poller import VERDICTS, Poller
from bellpull.errors import Waiting
from bellpull.forge.forge import Verdict
from tests.doubles.forge import MemoryForge

A, B = "bellpull/a", "bellpull/b"
FAILING = Verdict("", "Failing")


@pytest.fixture
def forge() -> MemoryForge:
    return MemoryForge(head=lambda _: "a" * 40)


def a_poller(forge: MemoryForge, *branches: str) -> Poller:
    """One that has looked at these branches already."""
    for branch in branches:
        forge.add(branch)
    poller = Poller("bellpull/")
    poller.look(forge, set(branches))
    return poller


def test_at_the_first_look_everything_is_new(forge: MemoryForge) -> None:
    forge.add(A)
    assert Poller("bellpull/").look(forge, set()) == {A}


def test_what_stands_still_is_not_looked_at_again(forge: MemoryForge) -> None:
    assert a_poller(forge, A, B).look(forge, {A, B}) == set()


def test_a_touched_a_closed_and_a_retargeted_pull_request_have_moved(forge: MemoryForge) -> None:
    poller = a_poller(forge, A, B, "bellpull/c", "bellpull/d")
    forge.person(1, title="Other")
    forge.person(2, state="Closed")
    forge.pulls[3] = forge.pulls[3].__class__(**{**vars(forge.pulls[3]), "base": "production"})
    assert poller.look(forge, {A, B, "bellpull/c", "bellpull/d"}) == {A, B, "bellpull/c"}


def test_a_push_has_moved_also_where_the_forge_s_time_did_not() -> None:
    heads = {A: "a" * 40}
    forge = MemoryForge(head=heads.__getitem__)
    poller = a_poller(forge, A)
    heads[A] = "b" * 40
    assert poller.look(forge, {A}) == {A}


def test_what_is_believed_wrongly_is_looked_at_until_it_is_not(forge: MemoryForge) -> None:
    poller = a_poller(forge, A)
    for _ in range(2):
        assert poller.look(forge, {A, B}) == {B}
        assert poller.look(forge, set()) == {A}
    assert poller.look(forge, {A}) == set()


def test_other_people_s_pull_requests_and_branches_are_no_news(forge: MemoryForge) -> None:
    forge.add("feature/x")
    forge.add(A, ours=False)
    assert Poller("bellpull/").look(forge, set()) == set()


def test_a_verdict_that_changes_without_the_forge_s_time_has_moved(forge: MemoryForge) -> None:
    poller = a_poller(forge, A, B)
    forge.verdicts[2] = FAILING
    assert poller.look(forge, {A, B}) == {B}
    assert poller.look(forge, {A, B}) == set()


def test_verdicts_are_asked_for_in_turn_a_few_at_a_look(forge: MemoryForge) -> None:
    branches = [f"bellpull/{number:02}" for number in range(VERDICTS * 2 + 3)]
    poller = a_poller(forge, *branches)
    forge.verdicts = dict.fromkeys(range(1, len(branches) + 1), FAILING)
    forge.asked.clear()
    moved: set[str] = set()
    for looks in range(1, 4):
        moved |= poller.look(forge, set(branches))
        assert forge.asked.count("verdict") == looks * VERDICTS
    assert moved == set(branches)


def test_a_forge_without_pull_requests_is_asked_for_no_verdict(forge: MemoryForge) -> None:
    assert Poller("bellpull/").look(forge, set()) == set()
    assert forge.asked == ["open_pulls"]


def test_a_look_that_fails_halfway_forgets_nothing(forge: MemoryForge) -> None:
    poller = a_poller(forge, A, B)
    forge.person(1, title="Other")
    forge.verdicts[2] = FAILING
    forge.errors["verdict"] = Waiting("RepositoryUnavailable", "The forge is away.")
    with pytest.raises(Waiting):
        poller.look(forge, {A, B})
    forge.errors.clear()
    assert poller.look(forge, {A, B}) == {A, B}


def test_the_first_base_is_no_move() -> None:
    poller = Poller("bellpull/")
    assert [poller.base_moved(base) for base in ("one", "one", "two", "two", "one")] == [
        False,
        False,
        True,
        False,
        True,
    ]


def test_a_base_is_young_until_it_has_been_known_for_a_while() -> None:
    poller = Poller("bellpull/")
    assert poller.base_age("one") < 1
    poller._known = ("one", poller._known[1] - 60)
    assert poller.base_age("one") >= 60
    assert poller.base_age("two") < 1
