"""The verbs of `Store` on an S3 bucket."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from hermes_cli.domain.errors import Conflict, HermesError
from hermes_cli.domain.store import Entry, StoredObject, check_key

from .client import Clients
from .errors import code_of, status_of, translate_answer, translate_failure
from .place import Place

if TYPE_CHECKING:
    from typing import Any

    from mypy_boto3_s3 import S3Client

_ATTEMPTS = 6
_BACKOFF = 0.1  # seconds
_PAGE = 1000
_NO_TAG = '"00000000000000000000000000000000"'


class S3Store:
    """The `Store` in an S3 bucket, below a prefix; its conditions are those of S3 itself.

    It may be shared by threads. Nothing is asked of the network or of AWS's files before the
    first verb; stores with the same `clients` share what is read then. A `region` that is given must
    be the bucket's; without one the bucket is found.
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
        self._place = Place(
            bucket=bucket,
            prefix=prefix.strip("/"),
            region=region,
            profile=profile,
            role_arn=role_arn,
            endpoint_url=endpoint_url,
            expected_bucket_owner=expected_bucket_owner,
            kms_key_id=kms_key_id,
        )
        self._root = f"{self._place.prefix}/" if self._place.prefix else ""
        self._clients = clients or Clients()
        self._made: S3Client | None = None
        self._clock: tuple[datetime, float] | None = None

    @property
    def place(self) -> Place:
        """Which bucket it is, and as whom it is reached."""
        return self._place

    @property
    def url(self) -> str:
        """Where the objects lie, as `s3://bucket/prefix`."""
        return self._place.url

    def get(self, key: str) -> StoredObject | None:
        """See `Store.get`."""
        name = self._root + check_key(key)
        with self._telling() as client:
            return self._get(client, name)

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """See `Store.put_new`."""
        name = self._root + check_key(key)
        with self._telling() as client:
            for attempt in range(_ATTEMPTS):
                if self._put(client, name, data, IfNoneMatch="*"):
                    return None
                there = self._get(client, name)
                if there is not None:
                    return None if there.data == data else there
                _pause(attempt)  # removed since: the name is free again
        raise HermesError(f"{self.url}/{key} is neither there nor free", hint="run the command again later")

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        """See `Store.replace_if`. Raises `Conflict` where there is no object to replace."""
        name = self._root + check_key(key)
        with self._telling() as client:
            if self._put(client, name, data, IfMatch=etag):
                return None
            there = self._get(client, name)
        if there is None:
            raise Conflict(
                f"{self.url}/{key} was removed while it was being replaced", hint="run the command again"
            )
        return None if there.data == data else there

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        name = self._root + check_key(key)
        with self._telling() as client:
            self._keep_time(client.delete_object(**self._place.request, Key=name))

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        if prefix:
            check_key(prefix.removesuffix("/"))
        with self._telling() as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                **self._place.request, Prefix=self._root + prefix, PaginationConfig={"PageSize": _PAGE}
            )
            rows = []
            for page in pages:
                self._keep_time(page)
                rows.extend(page.get("Contents", []))
        entries = (
            Entry(
                key=row["Key"].removeprefix(self._root),
                size=row["Size"],
                etag=row["ETag"],
                modified=row["LastModified"].astimezone(timezone.utc),
            )
            for row in rows
        )
        # Some stores list a folder's objects together, before keys that come earlier.
        yield from sorted(entries, key=lambda entry: entry.key)

    def now(self) -> datetime:
        """See `Store.now`: the clock that the store's answers show."""
        if self._clock is None:
            with self._telling() as client:
                self._keep_time(client.list_objects_v2(**self._place.request, Prefix=self._root, MaxKeys=1))
        if self._clock is None:
            raise HermesError(f"{self.url}: the store's answers have no Date header")
        shown, then = self._clock
        return shown + timedelta(seconds=time.monotonic() - then)

    def check_conditions(self, key: str) -> None:
        """See `Store.check_conditions`."""
        name = self._root + check_key(key)
        with self._telling() as client:
            there = self._get(client, name)
            if there is None:
                raise HermesError(
                    f"{self.url}/{key} was removed while it was being checked", hint="run the command again"
                )
            # With the bytes that are there: a store that fails the check is not changed by it.
            accepted = self._put(client, name, there.data, IfNoneMatch="*") or self._put(
                client, name, there.data, IfMatch=_NO_TAG
            )
        if accepted:
            raise HermesError(
                f"{self.url}: the store ignores conditional writes, so a release could be overwritten",
                hint="use a store that honours If-None-Match and If-Match",
            )

    def _get(self, client: S3Client, name: str) -> StoredObject | None:
        from botocore.exceptions import (
            ClientError,
            FlexibleChecksumError,
            IncompleteReadError,
            ReadTimeoutError,
            ResponseStreamingError,
        )

        for attempt in range(_ATTEMPTS):
            try:
                answer = client.get_object(**self._place.request, Key=name)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            self._keep_time(answer)
            try:
                return StoredObject(data=answer["Body"].read(), etag=answer["ETag"])
            except (FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                _pause(attempt)  # botocore repeats requests, but not what is read of their answers
        raise HermesError(
            f"s3://{self._place.bucket}/{name} keeps arriving incomplete",
            hint="check the network, and run it again",
        )

    def _put(self, client: S3Client, name: str, data: bytes, **condition: str) -> bool:
        """Write under S3's own condition; False where it does not hold."""
        from botocore.exceptions import ClientError

        request = self._place.request | {"Key": name, "Body": data} | condition
        if self._place.kms_key_id:
            request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._place.kms_key_id}
        for attempt in range(_ATTEMPTS):
            try:
                self._keep_time(client.put_object(**request))
            except ClientError as error:
                # 404 is the answer to If-Match where there is no object.
                if status_of(error) == 412 or code_of(error) == "NoSuchKey":
                    return False
                # 409: another write of this key was under way; botocore does not repeat it.
                if status_of(error) != 409 or attempt + 1 == _ATTEMPTS:
                    raise
                _pause(attempt)
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def _keep_time(self, answer: Any) -> None:
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date:
            self._clock = (parsedate_to_datetime(date).astimezone(timezone.utc), time.monotonic())

    def _client(self) -> S3Client:
        if self._made is None:
            try:
                self._made = self._clients.of(self._place)
            except ValueError as error:
                raise translate_failure(error, self._place, self._endpoint) from error
        return self._made

    @property
    def _endpoint(self) -> str:
        return self._made.meta.endpoint_url if self._made else self._place.endpoint_url or "AWS"

    @contextmanager
    def _telling(self) -> Iterator[S3Client]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield self._client()
        except ClientError as error:
            raise translate_answer(error, self._place, self._endpoint) from error
        except BotoCoreError as error:
            raise translate_failure(error, self._place, self._endpoint) from error


def _pause(attempt: int) -> None:
    time.sleep(random.random() * _BACKOFF * 2**attempt)  # noqa: S311
