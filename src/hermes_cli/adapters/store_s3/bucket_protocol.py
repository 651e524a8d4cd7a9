"""The single requests that the verbs of `S3Store` are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Protocol

from hermes_cli.domain.contract.store import Entry, StoredObject


class BucketRequests(Protocol):
    """A bucket as one client reaches it; names are whole keys. Threads may share it.

    Its methods raise what a `Store` raises.
    """

    @property
    def client(self) -> str:
        """The client by its name, and why it is this one where one might wonder."""
        ...

    def get(self, name: str) -> StoredObject | None:
        """The object, or None where S3 says that there is none."""
        ...

    def put(self, name: str, data: bytes, etag: str | None) -> bool:
        """Write over the object with this tag, or where there is none (None); False where that does not hold.

        An answer may get lost: False is also said where one's own write came first.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete the object, if it is there."""
        ...

    def list(self, prefix: str) -> Sequence[Entry]:
        """Every object whose name starts with the prefix, in any order; its key is its name."""
        ...

    def now(self, prefix: str) -> datetime:
        """What the server's clock shows, in UTC; a listing of the prefix may be asked for to see it."""
        ...


class Clock:
    """The server's clock, as its last answer showed it."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def set(self, date: str | None) -> None:
        """Take over the `Date` of an answer, if it has one."""
        if not date:
            return
        with suppress(ValueError):  # no date at all
            self._seen = (parsedate_to_datetime(date).astimezone(timezone.utc), time.monotonic())

    def now(self) -> datetime | None:
        """What it shows by now; None where it was never seen."""
        if self._seen is None:
            return None
        shown, then = self._seen
        return shown + timedelta(seconds=time.monotonic() - then)
