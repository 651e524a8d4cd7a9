"""Run several tasks at once, so that an interrupt leaves nothing running."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, overload

T = TypeVar("T")
_TICK = 0.05  # seconds


class shared_property(cached_property[T]):  # noqa: N801 - it is used as `property` is
    """Compute an attribute once, even where several threads ask for it at the same time.

    `cached_property` did so itself until Python 3.12.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        super().__init__(compute)
        self._lock = threading.RLock()

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> shared_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        with self._lock:
            return super().__get__(instance, owner)


def run_at_once(
    tasks: Sequence[Callable[[], T]],
    *,
    workers: int,
    stop: Callable[[], None] = lambda: None,
    patience: float = math.inf,
) -> list[T]:
    """Run all tasks, and return their results in the same order; the tasks start in that order too.

    The first exception is raised when no task runs any more, and an interrupt (which the main thread
    alone hears of) likewise: no task begins then, and `stop` is called again and again until the last
    one has ended, or for `patience` seconds: what runs then is left to end with the process.
    """
    if len(tasks) < 2 or workers < 2:
        return [task() for task in tasks]
    results: dict[int, T] = {}
    failures: dict[int, BaseException] = {}
    numbers = iter(range(len(tasks)))
    running: set[int] = set()
    lock = threading.Lock()
    # Each worker reports its end here. To join a thread would not do: Python before 3.13 takes a thread for
    # ended when an interrupt reaches whoever joins it.
    ended: SimpleQueue[None] = SimpleQueue()

    def work() -> None:
        while True:
            with lock:
                number = None if failures else next(numbers, None)
                if number is None:
                    break
                running.add(number)
            try:
                results[number] = tasks[number]()
            except BaseException as error:
                with lock:
                    failures[number] = error
            finally:
                running.discard(number)
        ended.put(None)

    count = min(workers, len(tasks))
    try:
        for _ in range(count):
            threading.Thread(target=work, daemon=True).start()
        for _ in range(count):
            ended.get()
    except BaseException as error:
        with lock:
            failures[-1] = error
        end = time.monotonic() + patience
        while running and time.monotonic() < end:
            with contextlib.suppress(KeyboardInterrupt):  # once more: it is being done
                stop()
                with contextlib.suppress(Empty):
                    ended.get(timeout=_TICK)
        raise
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(tasks))]
