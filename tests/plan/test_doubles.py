"""Two pull requests of ours for one branch, as a race at a forge can make them: one counts, the other is closed."""

from bellpull.plan.ownership import doubles, own_pull
from tests.builders import a_pull


def test_of_two_open_ones_the_lowest_number_counts_and_the_other_is_a_double() -> None:
    first, second = a_pull(number=5), a_pull(number=6)
    assert own_pull([first, second]) is first
    assert doubles([first, second]) == (second,)


def test_the_one_that_a_person_merged_counts_whatever_its_number() -> None:
    first, second = a_pull(number=5), a_pull(number=6, state="Merged")
    assert own_pull([first, second]) is second
    assert doubles([first, second]) == (first,)


def test_the_lowest_one_counts_also_when_a_person_has_closed_it() -> None:
    first, second = a_pull(number=5, state="Closed"), a_pull(number=6)
    assert own_pull([first, second]) is first
    assert doubles([first, second]) == (second,)


def test_what_somebody_else_opened_for_the_branch_is_no_double() -> None:
    ours, theirs = a_pull(number=5), a_pull(number=6, ours=False)
    assert doubles([ours, theirs]) == ()
    assert own_pull([theirs]) is None
