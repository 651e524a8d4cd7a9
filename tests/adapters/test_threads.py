"""Several things at once: in order, with one failure told, and nothing left running."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial

import pytest

from hermes_cli.adapters.threads import run_at_once, shared_property


def test_results_are_in_the_order_of_the_tasks_and_tasks_run_at_once() -> None:
    barrier = threading.Barrier(3)

    def task(number: int) -> int:
        barrier.wait(30)
        return number

    assert run_at_once([partial(task, number) for number in range(6)], workers=3) == list(range(6))


@pytest.mark.parametrize("count", [0, 1])
def test_one_task_needs_no_thread(count: int) -> None:
    tasks = [threading.current_thread] * count
    assert run_at_once(tasks, workers=4) == [threading.main_thread()] * count


def test_the_first_failure_is_raised_and_no_task_begins_after_it() -> None:
    begun: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        run_at_once([partial(task, number) for number in range(50)], workers=2)
    assert len(begun) < 50


def test_an_interrupt_stops_what_runs_and_waits_for_it() -> None:
    stopped = threading.Event()
    begun: list[int] = []
    ended: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        if number == 0:
            os.kill(os.getpid(), signal.SIGINT)  # the kernel wakes the main thread for it
        assert stopped.wait(30)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        run_at_once([partial(task, number) for number in range(9)], workers=3, stop=stopped.set)
    assert len(ended) <= 3
    assert sorted(ended) == sorted(begun)


def test_who_is_being_waited_for_at_an_interrupt_is_waited_for_again() -> None:
    returned = threading.Event()
    ended: list[int] = []

    def task(number: int) -> None:
        if number == 0:
            returned.wait(0.1)  # by now it is being waited for
            os.kill(os.getpid(), signal.SIGINT)
            returned.wait(0.5)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        run_at_once([partial(task, number) for number in range(2)], workers=2)
    assert 0 in ended
    returned.set()


class Slow:
    """An attribute that takes as long as other threads need to ask for it as well."""

    def __init__(self) -> None:
        self.computed = 0
        self._others = threading.Event()

    @shared_property
    def answer(self) -> int:
        self.computed += 1
        self._others.wait(0.2)
        return 42


def test_an_attribute_that_threads_share_is_computed_once() -> None:
    slow = Slow()
    assert run_at_once([lambda: slow.answer] * 4, workers=4) == [42] * 4
    assert slow.computed == 1
    assert Slow().answer == 42
