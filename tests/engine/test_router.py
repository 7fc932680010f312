"""Which lane a key belongs to, as far as the watches have told."""

from bellpull.api.changerequest import ChangeRequest, ChangeRequestStatus, FileChange
from bellpull.api.status import Report, status_of
from bellpull.engine.router import ASK_AGAIN, Router
from bellpull.objects.objects import key_of
from tests.builders import NOW, a_pull_status, a_repository, a_request, a_target, a_uid, branch_of, deleting

REQUEST, TARGET, REPOSITORY = key_of(a_request()), key_of(a_target()), key_of(a_repository())


def ended(request: ChangeRequest) -> ChangeRequest:
    return request.model_copy(update={"status": status_of(request, Report("Merged"), NOW)})


def a_router(*requests: ChangeRequest, targets: bool = True) -> Router:
    router = Router()
    if targets:
        router.saw_target(TARGET, a_target())
    for request in requests:
        router.saw_request(key_of(request), request)
    return router


def test_a_repository_is_its_own_lane() -> None:
    assert a_router().lane(REPOSITORY) == "gitops"


def test_a_target_and_its_requests_are_in_the_repository_s_lane() -> None:
    router = a_router(a_request())
    assert (router.lane(TARGET), router.lane(REQUEST)) == ("gitops", "gitops")


def test_what_nobody_has_told_of_has_no_lane() -> None:
    router = a_router(a_request(), targets=False)
    assert (router.lane(REQUEST), router.lane(TARGET), router.lane(key_of(a_request("x")))) == ("", "", "")


def test_where_it_was_proposed_counts_more_than_what_the_target_says_now() -> None:
    request = a_request(status=ChangeRequestStatus(repository="first"))
    router = a_router(request)
    assert router.lane(REQUEST) == "first"
    assert router.waiting_in("first") == [REQUEST]
    assert router.waiting_in("gitops") == [TARGET]


def test_a_request_that_is_being_deleted_is_never_settled() -> None:
    gone = ended(a_request()).model_copy(update={"metadata": a_request(meta=deleting()).metadata})
    assert not a_router(gone).settled(REQUEST)
    assert a_router(ended(a_request())).settled(REQUEST)
    assert not a_router().settled(REQUEST)


def test_only_unfinished_requests_of_the_same_namespace_hear_of_a_target() -> None:
    router = a_router(a_request(), ended(a_request("done")), a_request("far", "garden"), a_request("x", target="y"))
    assert router.requests_of_target(TARGET) == [REQUEST]


def test_what_waits_in_a_repository_are_its_targets_and_unfinished_requests() -> None:
    router = a_router(a_request(), ended(a_request("done")), a_request("x", target="nowhere"))
    assert router.waiting_in("gitops") == [TARGET, REQUEST]


def test_a_branch_leads_to_its_request_also_when_that_is_finished() -> None:
    router = a_router(ended(a_request()))
    assert router.requests_of_branches([branch_of(a_request()), "bellpull/unknown", "odd"]) == [REQUEST]


def test_branches_are_believed_open_as_the_statuses_say() -> None:
    opened = ChangeRequestStatus(pull_request=a_pull_status(), repository="gitops")
    closed = ChangeRequestStatus(pull_request=a_pull_status(state="Closed"), repository="gitops")
    elsewhere = ChangeRequestStatus(pull_request=a_pull_status(), repository="other")
    router = a_router(
        a_request(status=opened), a_request("b", status=closed), a_request("c", status=elsewhere), a_request("d")
    )
    assert router.believed_open("gitops", "bellpull/") == {branch_of(a_request())}


def test_what_is_gone_is_forgotten() -> None:
    router = a_router(a_request())
    for key in (REQUEST, TARGET, REQUEST):
        router.forget(key)
    assert router.waiting_in("gitops") == []
    assert router.requests_of_branches([branch_of(a_request())]) == []


def test_a_name_that_is_used_again_is_another_branch() -> None:
    again = a_request(meta={"uid": a_uid("again")})
    router = a_router(a_request())
    router.forget(REQUEST)
    router.saw_request(REQUEST, again)
    assert router.requests_of_branches([branch_of(a_request())]) == []
    assert router.requests_of_branches([branch_of(again)]) == [REQUEST]


# Requests for the same value.


def asking(name: str, number: int, state: str = "Open", path: str = "spec.replicas") -> ChangeRequest:
    change = FileChange(file="apps/cart/deployment.yaml", object="Deployment/cart", path=path, from_="3", to="10")
    pull = a_pull_status(number, state=state)
    return a_request(name, status=ChangeRequestStatus(repository="gitops", changes=[change], pull_request=pull))


def test_requests_with_open_pull_requests_for_one_value_are_rivals() -> None:
    one, two = asking("one", 1), asking("two", 2)
    router = a_router(one, two, asking("closed", 3, "Closed"), asking("else", 4, path="spec.other"), a_request())
    assert router.rivals(key_of(one)) == ("shop/two (#2)",)
    assert router.rivals(key_of(two)) == ("shop/one (#1)",)
    assert router.rivals(REQUEST) == router.rivals(key_of(a_request("unknown"))) == ()


def test_rivals_of_another_repository_are_none() -> None:
    far = asking("two", 2)
    far = far.model_copy(update={"status": far.status.model_copy(update={"repository": "other"})})
    assert a_router(asking("one", 1), far).rivals(key_of(asking("one", 1))) == ()


def test_rivals_hear_of_each_other_when_one_opens_moves_or_closes_and_only_then() -> None:
    router = a_router(asking("one", 1))
    two = key_of(asking("two", 2))
    one = [key_of(asking("one", 1))]
    assert router.saw_request(two, asking("two", 2)) == one
    assert router.saw_request(two, asking("two", 2)) == []
    assert router.saw_request(two, asking("two", 2, path="spec.other")) == one
    assert router.saw_request(two, asking("two", 2)) == one
    assert router.saw_request(two, asking("two", 2, "Merged")) == one


# What the resync and people ask for.


def test_only_a_new_value_of_the_annotation_asks_for_a_look() -> None:
    def annotated(value: str) -> ChangeRequest:
        return a_request(meta={"annotations": {ASK_AGAIN: value}})

    router = a_router(a_request())
    assert not router.asked_again(REQUEST, a_request())
    assert router.asked_again(REQUEST, annotated("now"))
    router.saw_request(REQUEST, annotated("now"))
    assert not router.asked_again(REQUEST, annotated("now"))
    assert not router.asked_again(REQUEST, a_request())
    assert router.asked_again(REQUEST, annotated("again"))
    assert not router.asked_again(key_of(a_request("unknown")), annotated("now"))


def test_what_is_not_listed_any_more_is_forgotten() -> None:
    router = a_router(a_request(), a_request("gone"))
    router.keep_only({REQUEST})
    assert router.waiting_in("gitops") == []
    assert router.requests_of_target(TARGET) == [REQUEST]


def test_open_pull_requests_are_counted_for_each_namespace_and_repository() -> None:
    router = a_router(asking("one", 1), asking("two", 2), asking("closed", 3, "Closed"), a_request())
    assert (router.open_in("gitops", "shop"), router.open_in("gitops", "garden"), router.open_in("x", "shop")) == (
        2,
        0,
        0,
    )
