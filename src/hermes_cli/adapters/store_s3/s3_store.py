"""The verbs of `Store` on an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.store import Entry, NotesWrites, StoredObject, check_key

from .bucket_protocol import BucketRequests
from .clients import Clients
from .location import S3Location
from .retrying import attempts

_NO_TAG = '"00000000000000000000000000000000"'


class S3Store(NotesWrites):
    """The `Store` in an S3 bucket, below a prefix; its conditions are those of S3 itself.

    Threads may share it. The network and AWS's files are not read before the first verb; stores
    with the same `clients` share what is read then. A `region` that is given must be the bucket's;
    without one the bucket is found.
    """

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str = "",
        region: str | None = None,
        profile: str | None = None,
        role_arn: str | None = None,
        endpoint_url: str | None = None,
        expected_bucket_owner: str | None = None,
        kms_key_id: str | None = None,
        clients: Clients | None = None,
    ) -> None:
        self._location = S3Location(
            bucket=bucket,
            prefix=prefix.strip("/"),
            region=region,
            profile=profile,
            role_arn=role_arn,
            endpoint_url=endpoint_url,
            expected_bucket_owner=expected_bucket_owner,
            kms_key_id=kms_key_id,
        )
        self._root = f"{self._location.prefix}/" if self._location.prefix else ""
        self._clients = clients or Clients()
        self._opened: BucketRequests | None = None

    @property
    def location(self) -> S3Location:
        """The bucket, and all that is needed to reach it."""
        return self._location

    @property
    def url(self) -> str:
        """See `Reader.url`: `s3://bucket/prefix`."""
        return self._location.url

    @property
    def client(self) -> str:
        """See `BucketRequests.client`."""
        return self._bucket.client

    def get(self, key: str) -> StoredObject | None:
        """See `Store.get`."""
        return self._bucket.get(self._root + check_key(key))

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """See `Store.put_new`."""
        name = self._root + check_key(key)
        for _ in attempts():
            if self._bucket.put(name, data, None):
                self._note(key)
                return None
            there = self._bucket.get(name)
            if there is not None:
                return None if there.data == data else there
            # It was removed since, so the name is free again.
        raise HermesError(f"{self.url}/{key} is neither there nor free", hint="run the command again later")

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        """See `Store.replace_if`. Raises `Conflict` where there is no object to replace."""
        name = self._root + check_key(key)
        if self._bucket.put(name, data, etag):
            self._note(key)
            return None
        there = self._bucket.get(name)
        if there is None:
            raise Conflict(
                f"{self.url}/{key} was removed while it was being replaced", hint="run the command again"
            )
        return None if there.data == data else there

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._bucket.delete(self._root + check_key(key))

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        if prefix:
            check_key(prefix.removesuffix("/"))
        rows = self._bucket.list(self._root + prefix)
        entries = (replace(row, key=row.key.removeprefix(self._root)) for row in rows)
        # Some stores list a folder's objects together, before keys that come earlier.
        yield from sorted(entries, key=lambda entry: entry.key)

    def now(self) -> datetime:
        """See `Store.now`: the clock that the store's answers show."""
        return self._bucket.now(self._root)

    def check_conditions(self, key: str) -> None:
        """See `Store.check_conditions`."""
        name = self._root + check_key(key)
        there = self._bucket.get(name)
        if there is None:
            raise HermesError(
                f"{self.url}/{key} was removed while it was being checked", hint="run the command again"
            )
        # With the bytes that are there: a store that fails the check is not changed by it.
        if self._bucket.put(name, there.data, None) or self._bucket.put(name, there.data, _NO_TAG):
            raise HermesError(
                f"{self.url}: the store ignores conditional writes, so a release could be overwritten",
                hint="use a store that honours If-None-Match and If-Match",
            )

    @property
    def _bucket(self) -> BucketRequests:
        if self._opened is None:
            self._opened = self._clients.bucket(self._location)
        return self._opened
