"""What is looked at when: one worker in a lane, batches by themselves, fairness, backoff. The clock is the test's."""

import threading
from collections import Counter

from bellpull.engine.queue import BATCH, Queue
from bellpull.objects.objects import Key


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_key(name: str = "a", namespace: str = "shop") -> Key:
    return Key("ChangeRequest", namespace, name)


def a_queue() -> tuple[Queue, Clock]:
    clock = Clock()
    return Queue(clock), clock


def due(queue: Queue) -> list[Key]:
    """What is due in the lane `r`; nothing rather than waiting for it."""
    mark = Key("end", "", "")
    queue.add("~end", [mark])
    taken = queue.take()
    assert taken is not None
    if taken[0] == "~end":
        queue.done("~end")
        return []
    assert queue.take() == ("~end", [mark])
    queue.done("~end")
    queue.done(taken[0])
    return taken[1]


def test_a_lone_key_goes_at_once() -> None:
    queue, _ = a_queue()
    queue.add("r", [a_key()])
    assert queue.take() == ("r", [a_key()])


def test_a_key_is_in_its_lane_once() -> None:
    queue, _ = a_queue()
    for _ in range(3):
        queue.add("r", [a_key(), a_key()])
    assert queue.take() == ("r", [a_key()])
    queue.done("r")
    assert due(queue) == []


def test_the_earlier_time_wins() -> None:
    queue, clock = a_queue()
    queue.add("r", [a_key("a"), a_key("b")], 10)
    queue.add("r", [a_key("a")], 2)
    queue.add("r", [a_key("b")], 60)
    clock.now = 2
    assert due(queue) == [a_key("a")]
    clock.now = 10
    assert due(queue) == [a_key("b")]


def test_nothing_is_due_before_its_time() -> None:
    queue, clock = a_queue()
    queue.add("r", [a_key()], 5)
    clock.now = 4.9
    assert due(queue) == []
    clock.now = 5
    assert due(queue) == [a_key()]


def test_a_flood_becomes_batches() -> None:
    queue, _ = a_queue()
    queue.add("r", [a_key(f"{number:03}") for number in range(BATCH * 2 + 1)])
    assert [len(due(queue)) for _ in range(4)] == [BATCH, BATCH, 1, 0]


def test_one_namespace_s_flood_does_not_keep_others_waiting() -> None:
    queue, clock = a_queue()
    queue.add("r", [a_key(str(number), "flood") for number in range(500)])
    clock.now = 1
    queue.add("r", [a_key("one", "small"), a_key("two", "small"), a_key("one", "tiny")])
    batch = due(queue)
    assert Counter(key.namespace for key in batch) == {"flood": BATCH - 3, "small": 2, "tiny": 1}


def test_within_a_namespace_the_one_that_waits_longest_goes_first() -> None:
    queue, clock = a_queue()
    for name in "cab":
        queue.add("r", [a_key(name)])
        clock.now += 1
    assert due(queue) == [a_key("c"), a_key("a"), a_key("b")]


def test_a_lane_has_one_worker_at_a_time_and_lanes_go_on_beside_each_other() -> None:
    queue, clock = a_queue()
    queue.add("r", [a_key("a")])
    assert queue.take() == ("r", [a_key("a")])
    queue.add("r", [a_key("b")])
    clock.now = 1
    queue.add("s", [a_key("c")])
    assert queue.take() == ("s", [a_key("c")])
    queue.done("r")
    assert queue.take() == ("r", [a_key("b")])


def test_a_worker_that_waits_is_woken_by_work_by_a_free_lane_and_by_the_end() -> None:
    queue = Queue()
    taken: list[object] = []

    def work() -> None:
        taken.extend(queue.take() for _ in range(3))

    queue.add("r", [a_key("a")])
    assert queue.take() == ("r", [a_key("a")])
    worker = threading.Thread(target=work)
    worker.start()
    queue.add("r", [a_key("b")])
    queue.add("s", [a_key("c")], 0.02)
    queue.done("r")
    for _ in range(200):
        if len(taken) == 2:
            break
        worker.join(0.01)
    queue.close()
    worker.join(5)
    assert taken == [("r", [a_key("b")]), ("s", [a_key("c")]), None]


def test_a_closed_queue_gives_out_nothing_more() -> None:
    queue, _ = a_queue()
    queue.add("r", [a_key()])
    queue.close()
    assert queue.take() is None


def first_due(queue: Queue, clock: Clock) -> float:
    """Seconds until the lane has something due, to a quarter."""
    begun = clock.now
    for _ in range(4 * 600):
        if due(queue):
            return clock.now - begun
        clock.now += 0.25
    raise AssertionError("never")


def test_a_failure_is_tried_again_after_a_delay_that_doubles_and_is_capped() -> None:
    queue, clock = a_queue()
    delays = []
    for _ in range(12):
        queue.failed("r", a_key())
        delays.append(first_due(queue, clock))
    for number, delay in enumerate(delays):
        middle = min(300.0, 2.0**number)
        assert middle * 0.5 <= delay <= middle * 1.5 + 0.25


def test_a_success_ends_the_row_of_failures() -> None:
    queue, clock = a_queue()
    for _ in range(9):
        queue.failed("r", a_key())
        first_due(queue, clock)
    queue.succeeded(a_key())
    queue.succeeded(a_key("never failed"))
    queue.failed("r", a_key())
    assert first_due(queue, clock) <= 1.75


def test_news_of_a_key_does_not_wait_for_its_backoff() -> None:
    queue, _ = a_queue()
    for _ in range(9):
        queue.failed("r", a_key())
    queue.add("r", [a_key()])
    assert due(queue) == [a_key()]
