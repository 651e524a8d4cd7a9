"""The interface of a store of objects: few verbs, and every write has a condition."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """The bytes of an object, and the tag that a later conditional write must name."""

    data: bytes
    etag: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of a listing; `size` in bytes, `modified` in UTC by the store's own clock."""

    key: str
    size: int
    etag: str
    modified: datetime


def check_key(key: str) -> str:
    """Return a key that every store can hold; raises `ValueError`: another one is a mistake of Hermes."""
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in key or "\0" in key:
        raise ValueError(f"{key!r} is not a key")
    return key


class Reader(Protocol):
    """The verbs that read a store; they raise what those of a `Store` raise."""

    @property
    def url(self) -> str:
        """The URL to which keys are relative, for people and for jobs: `s3://bucket/prefix` or `file:///path`."""
        ...

    def get(self, key: str) -> StoredObject | None:
        """Return the object; None where it certainly does not exist."""
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield every object whose key starts with the prefix, in the order of their keys."""
        ...


class Store(Reader, Protocol):
    """A directory or a bucket (below its prefix); keys are relative, with `/` between their parts.

    Every write is conditional, so no writer can undo what it has not seen. All verbs raise
    `AccessDenied` where credentials or permissions do not suffice or the bucket does not exist
    (never "absent"), and `HermesError` where the store cannot be reached or keeps failing.
    """

    def recording(self, note: Callable[[str], None]) -> Store:
        """Return the same store, which calls `note` with the key of each object that it itself writes.

        A write whose answer was lost may be missing: nobody can know then who wrote the same bytes.
        """
        ...

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """Create an object, unless it exists.

        Returns None where it was written, or exists with the very same bytes (a lost answer to one's
        own write looks like that); otherwise the existing object, which is left as it is.
        """
        ...

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        """Replace an object, if it still has this tag.

        Returns None where it was replaced, or has the very same bytes already; otherwise the object
        as it is now.
        """
        ...

    def delete(self, key: str) -> None:
        """Delete an object, if it exists.

        It is the only write without a condition: for objects that nothing points at, and for copies
        that can be derived again.
        """
        ...

    def now(self) -> datetime:
        """Return the time of the store's own clock (UTC): a laptop's may be hours off."""
        ...

    def check_conditions(self, key: str) -> None:
        """Prove on an existing object that this store honours its conditions.

        Raises `HermesError` when a second create-only write, or a write with a wrong tag, is
        accepted: promises about releases do not hold on such a store.
        """
        ...


_Noting = TypeVar("_Noting", bound="NotesWrites")  # typing.Self is not in Python 3.10


class NotesWrites:
    """The part of a store that notes the objects that it writes, for a caller that wants to know."""

    _note: Callable[[str], None] = staticmethod(lambda _: None)

    def recording(self: _Noting, note: Callable[[str], None]) -> _Noting:
        """See `Store.recording`."""
        store = copy.copy(self)
        store._note = note
        return store
