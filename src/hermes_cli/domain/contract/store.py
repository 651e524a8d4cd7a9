"""What Hermes needs of a place that keeps objects: few verbs, and every write with a condition."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object's bytes, and the tag that a later conditional write must name."""

    data: bytes
    etag: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of a listing; `size` in bytes, `modified` in UTC by the store's own clock."""

    key: str
    size: int
    etag: str
    modified: datetime


def check_key(key: str) -> str:
    """The key, if every store can hold it; raises `ValueError`, as another one is a mistake of Hermes."""
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in key or "\0" in key:
        raise ValueError(f"{key!r} is not a key")
    return key


class Reader(Protocol):
    """What reading a place needs; it raises what a `Store` raises."""

    @property
    def url(self) -> str:
        """Where the keys lie, for people and for jobs: `s3://bucket/prefix` or `file:///path`."""
        ...

    def get(self, key: str) -> StoredObject | None:
        """The object, or None where there is certainly none."""
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """Every object whose key starts with the prefix, in the order of their keys."""
        ...


class Store(Reader, Protocol):
    """A directory or a bucket (below its prefix); keys are relative, with `/` between their parts.

    Every write is conditional, so no writer can undo what it has not seen. All verbs raise
    `AccessDenied` where credentials or permissions do not suffice or the bucket is not there
    (never "absent"), and `HermesError` where the store cannot be reached or keeps failing.
    """

    def recording(self, note: Callable[[str], None]) -> Store:
        """Return the same place, which calls `note` with the key of each object that it itself changes.

        A write whose answer was lost may be missing: nobody can tell then who wrote the same bytes.
        """
        ...

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """Create the object where there is none.

        None: it was written, or was there with the very same bytes (a lost answer to one's own
        write looks like that). Otherwise the object that is there, which is left as it is.
        """
        ...

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        """Replace the object where it still has this tag.

        None: it was replaced, or has the very same bytes already. Otherwise the object that is
        there now.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object, if it is there.

        The one verb without a condition: for what nothing points at, and for copies that can be
        derived again.
        """
        ...

    def now(self) -> datetime:
        """The store's own clock (UTC): a laptop's may be hours off."""
        ...

    def check_conditions(self, key: str) -> None:
        """Prove on an object that is there that this store honours its conditions.

        Raises `HermesError` when a second create-only write, or a write with a wrong tag, is
        accepted: promises about releases do not hold on such a store.
        """
        ...


class NotesWrites:
    """The part of a store that tells who asked for it which objects it changed."""

    _note: Callable[[str], None] = staticmethod(lambda _: None)

    def recording(self, note: Callable[[str], None]) -> Self:
        """See `Store.recording`."""
        store = copy.copy(self)
        store._note = note
        return store
