"""Several things at once: in order, with one failure told, and nothing left running."""

from __future__ import annotations

import signal
import threading
from functools import partial

import pytest

from hermes_cli.usecases.parallel import at_once


def test_results_are_in_the_order_of_the_tasks_and_tasks_run_at_once() -> None:
    barrier = threading.Barrier(3)

    def task(number: int) -> int:
        barrier.wait(30)
        return number

    assert at_once([partial(task, number) for number in range(6)], workers=3) == list(range(6))


@pytest.mark.parametrize("count", [0, 1])
def test_one_task_needs_no_thread(count: int) -> None:
    tasks = [threading.current_thread] * count
    assert at_once(tasks, workers=4) == [threading.main_thread()] * count


def test_the_first_failure_is_raised_and_no_task_begins_after_it() -> None:
    begun: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        at_once([partial(task, number) for number in range(50)], workers=2)
    assert len(begun) < 50
    before = len(begun)
    assert threading.active_count() == 1 or len(begun) == before


def test_an_interrupt_stops_what_runs_and_waits_for_it() -> None:
    stopped = threading.Event()
    ended: list[int] = []

    def task(number: int) -> None:
        if number == 0:
            signal.raise_signal(signal.SIGINT)
        assert stopped.wait(30)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        at_once([partial(task, number) for number in range(9)], workers=3, stop=stopped.set)
    assert len(ended) <= 3
    assert not [one for one in threading.enumerate() if one is not threading.main_thread() and one.daemon]
