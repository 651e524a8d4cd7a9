"""Stores for tests: one in memory, one that watches another and fails where it is told to, and taking turns."""

from __future__ import annotations

import copy
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hermes_cli.domain.contract.errors import Conflict
from hermes_cli.domain.contract.store import Entry, NotesWrites, Store, StoredObject, check_key

T = TypeVar("T")
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class MemoryStore(NotesWrites):
    """The `Store` whose objects are a dictionary; its clock moves on by a second with each write."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._clock = [START]

    @property
    def url(self) -> str:
        return "memory://store"

    def get(self, key: str) -> StoredObject | None:
        data = self.objects.get(check_key(key))
        return None if data is None else StoredObject(data=data, etag=_etag(data))

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        there = self.get(key)
        if there is None:
            self._write(key, data)
        return None if there is None or there.data == data else there

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        there = self.get(key)
        if there is None:
            raise Conflict(f"{key} was removed while it was being replaced")
        if there.etag != etag:
            return None if there.data == data else there
        self._write(key, data)
        return None

    def delete(self, key: str) -> None:
        if self.objects.pop(check_key(key), None) is not None:
            self._note(key)
            self._clock[0] += timedelta(seconds=1)

    def list(self, prefix: str) -> Iterator[Entry]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                data = self.objects[key]
                yield Entry(key=key, size=len(data), etag=_etag(data), modified=self._clock[0])

    def now(self) -> datetime:
        return self._clock[0]

    def check_conditions(self, key: str) -> None:
        assert key in self.objects

    def _write(self, key: str, data: bytes) -> None:
        self.objects[key] = data
        self._note(key)
        self._clock[0] += timedelta(seconds=1)


class Killed(BaseException):
    """What a `kill -9` looks like from inside: nothing catches it."""


class Watched:
    """Another store, seen by one deploy: what it wrote, and where it was stopped.

    `written` are the keys that its writes changed, in order. With `fail_at=n` its n-th write raises
    `failure`, before the write is done or `after` it. `pause` is called before every verb.
    """

    def __init__(
        self,
        store: Store,
        *,
        fail_at: int | None = None,
        after: bool = False,
        failure: type[BaseException] = Killed,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self.written: list[str] = []
        self._count = [0]
        self._store = store
        self._fail_at = fail_at
        self._after = after
        self._failure = failure
        self._pause = pause

    @property
    def url(self) -> str:
        return self._store.url

    @property
    def writes(self) -> int:
        """How many writes were tried."""
        return self._count[0]

    def recording(self, note: Callable[[str], None]) -> Watched:
        """See `Store.recording`: the same watch, over a store that notes."""
        watched = copy.copy(self)
        watched._store = self._store.recording(note)
        return watched

    def get(self, key: str) -> StoredObject | None:
        self._pause()
        return self._store.get(key)

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        return self._write(key, lambda: self._store.put_new(key, data))

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        return self._write(key, lambda: self._store.replace_if(key, data, etag))

    def delete(self, key: str) -> None:
        self._write(key, lambda: self._store.delete(key))

    def list(self, prefix: str) -> Iterator[Entry]:
        self._pause()
        return iter(list(self._store.list(prefix)))

    def now(self) -> datetime:
        return self._store.now()

    def check_conditions(self, key: str) -> None:
        self._store.check_conditions(key)

    def _write(self, key: str, write: Callable[[], StoredObject | None]) -> StoredObject | None:
        self._pause()
        number, self._count[0] = self._count[0], self._count[0] + 1
        if number == self._fail_at and not self._after:
            raise self._failure("stopped before a write")
        before = self._store.get(key)
        there = write()
        if self._store.get(key) != before:
            self.written.append(key)
        if number == self._fail_at:
            raise self._failure("stopped after a write")
        return there


def snapshot(store: Store) -> dict[str, bytes]:
    """Everything that a store holds."""
    found = ((entry.key, store.get(entry.key)) for entry in store.list(""))
    return {key: stored.data for key, stored in found if stored is not None}


def take_turns(schedule: Iterable[int], *works: Callable[[Callable[[], None]], T]) -> list[T | BaseException]:
    """Run works at once, one step at a time: each number of the schedule lets that work take its next step.

    A step ends where the work calls the function that it is given. After the schedule they end in
    turn. What each returned or raised comes back in their order.
    """
    results: list[T | BaseException | None] = [None] * len(works)
    going = [threading.Semaphore(0) for _ in works]
    parked = [threading.Semaphore(0) for _ in works]

    def body(number: int) -> None:
        def pause() -> None:
            parked[number].release()
            assert going[number].acquire(timeout=30)

        assert going[number].acquire(timeout=30)
        try:
            results[number] = works[number](pause)
        except BaseException as error:
            results[number] = error
        parked[number].release()

    threads = [threading.Thread(target=body, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for number in itertools.chain(schedule, itertools.cycle(range(len(works)))):
        if results[number] is None:
            going[number].release()
            assert parked[number].acquire(timeout=30)
        if None not in results:
            break
    for thread in threads:
        thread.join(timeout=30)
    return [result for result in results if result is not None]


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
