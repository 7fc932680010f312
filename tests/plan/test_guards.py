"""Who may change which paths: part by part, never by prefix."""

import pytest

from bellpull.errors import Stalled
from bellpull.plan.guards import check_admitted, path_matches
from tests.builders import a_repository, a_target


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("apps/cart", "apps/cart", True),
        ("apps/cart", "apps/cart/deep", False),
        ("apps/cart", "apps", False),
        ("apps/cart", "apps/cart-evil", False),
        ("apps/cart", "apps/cartx", False),
        ("apps/*", "apps/cart", True),
        ("apps/*", "apps/cart/deep", False),
        ("apps/*", "apps", False),
        ("apps/*", "apps-evil/cart", False),
        ("apps/c*", "apps/cart", False),
        ("*", "apps", True),
        ("*", "apps/cart", False),
        ("*/cart", "apps/cart", True),
        ("*/cart", "apps/x/cart", False),
        ("apps/**", "apps/cart", True),
        ("apps/**", "apps/cart/deep/er", True),
        ("apps/**", "apps", False),
        ("apps/**", "apps-evil/cart", False),
        ("**", "apps", True),
        ("**", "apps/cart/x.yaml", True),
        ("**/cart", "apps/cart", False),
        ("teams/{namespace}/**", "teams/shop/cart", True),
        ("teams/{namespace}/**", "teams/shop", False),
        ("teams/{namespace}/**", "teams/other/cart", False),
        ("teams/{namespace}/**", "teams/shop-evil/cart", False),
        ("teams/team-{namespace}/*", "teams/team-shop/cart", True),
        ("teams/{namespace}", "teams/{namespace}", False),
        ("apps/c.rt", "apps/cart", False),
    ],
)
def test_a_path_matches_part_by_part(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(pattern, path, "shop") is matches


def test_a_namespace_is_admitted_by_name() -> None:
    check_admitted(a_target(), a_repository(), {})


def test_a_namespace_that_nobody_named_is_told_whom_to_ask() -> None:
    with pytest.raises(Stalled, match="does not admit namespace other; its owner can add it") as stalled:
        check_admitted(a_target(namespace="other"), a_repository(), {})
    assert stalled.value.reason == "NotAdmitted"


def test_a_path_that_nobody_named_is_told_with_its_namespace() -> None:
    with pytest.raises(Stalled, match="does not admit path infra/dns for namespace shop"):
        check_admitted(a_target(path="infra/dns"), a_repository(), {})


def test_a_selector_wants_all_its_labels() -> None:
    labels = {"team": "shop", "tier": "gold"}
    repository = a_repository(namespaces=[{"selector": {"matchLabels": labels}, "paths": ["apps/*"]}])
    check_admitted(a_target(namespace="any"), repository, {**labels, "more": "x"})
    for wrong in ({}, {"team": "shop"}, {"team": "shop", "tier": "iron"}):
        with pytest.raises(Stalled, match="does not admit namespace any"):
            check_admitted(a_target(namespace="any"), repository, wrong)


def test_one_entry_s_paths_do_not_help_another_entry_s_namespaces() -> None:
    entries = [{"name": "shop", "paths": ["apps/cart"]}, {"name": "ops", "paths": ["infra/**"]}]
    with pytest.raises(Stalled):
        check_admitted(a_target(path="infra/dns"), a_repository(namespaces=entries), {})
