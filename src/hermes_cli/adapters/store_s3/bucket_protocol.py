"""The single requests to a bucket, of which the verbs of `S3Store` consist."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from hermes_cli.domain.contract.store import Entry, StoredObject


class BucketRequests(Protocol):
    """The requests to a bucket by one client; names are whole keys. Threads may share it.

    Its methods raise what a `Store` raises.
    """

    @property
    def client(self) -> str:
        """The name of the client, with the reason where it is not the quickest."""
        ...

    def get(self, name: str) -> StoredObject | None:
        """Return the object; None where S3 answers that it does not exist."""
        ...

    def put(self, name: str, data: bytes, etag: str | None) -> bool:
        """Replace the object that has this tag, or create it (None); return False where the condition fails.

        An answer may get lost: False is also returned where one's own write came first.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete the object, if it is there."""
        ...

    def list(self, prefix: str) -> Sequence[Entry]:
        """Return every object whose name starts with the prefix, in any order; its key is its name."""
        ...

    def now(self, prefix: str) -> datetime:
        """Return the time of the server's clock, in UTC; it may need a listing of the prefix."""
        ...


class Clock:
    """The server's clock, by the `Date` of its last answer."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def set(self, date: str | None) -> None:
        """Set it to the `Date` of an answer, if it has one."""
        if not date:
            return
        with suppress(ValueError):  # it is not a date
            self._seen = (parsedate_to_datetime(date).astimezone(UTC), time.monotonic())

    def now(self) -> datetime | None:
        """Return its time by now; None before the first answer."""
        if self._seen is None:
            return None
        shown, then = self._seen
        return shown + timedelta(seconds=time.monotonic() - then)
