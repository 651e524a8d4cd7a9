"""Doing several things at once, so that an interrupt leaves nothing running."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
_TICK = 0.05  # seconds


def at_once(
    tasks: Sequence[Callable[[], T]],
    *,
    workers: int,
    stop: Callable[[], None] = lambda: None,
    patience: float = math.inf,
) -> list[T]:
    """The results of all tasks, in their order; the tasks start in that order too.

    The first exception is raised when no task runs any more, and an interrupt (which the main thread
    alone hears of) likewise: no task begins then, and `stop` is called again and again until the last
    one has ended, or for `patience` seconds: what runs then is left to end with the process.
    """
    if len(tasks) < 2 or workers < 2:
        return [task() for task in tasks]
    results: dict[int, T] = {}
    failures: dict[int, BaseException] = {}
    numbers = iter(range(len(tasks)))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = None if failures else next(numbers, None)
            if number is None:
                return
            try:
                results[number] = tasks[number]()
            except BaseException as error:
                with lock:
                    failures[number] = error

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(tasks)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException as error:
        with lock:
            failures[-1] = error
        end = time.monotonic() + patience
        while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
            with contextlib.suppress(KeyboardInterrupt):  # once more: it is being done
                stop()
                for thread in threads:
                    if thread.is_alive():
                        thread.join(_TICK)
        raise
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(tasks))]
