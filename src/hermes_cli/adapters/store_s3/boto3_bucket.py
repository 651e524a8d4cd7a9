"""A bucket by boto3, which supports every setting, and whose errors are explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.store import Entry, StoredObject

from .bucket_protocol import Clock
from .error_messages import code_of, status_of, translate_answer, translate_failure
from .location import S3Location
from .retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = 1000


class Boto3Bucket:
    """The requests to a bucket by boto3, whose client is made for the first of them."""

    def __init__(self, location: S3Location, make: Callable[[], S3Client], why: str) -> None:
        self._location = location
        self._make = make
        self._why = why
        self._made: S3Client | None = None
        self._clock = Clock()

    @property
    def client(self) -> str:
        """See `BucketRequests.client`."""
        return f"boto3 ({self._why})"

    def get(self, name: str) -> StoredObject | None:
        """See `BucketRequests.get`."""
        with self._translating() as client:
            return self._get(client, name)

    def put(self, name: str, data: bytes, etag: str | None) -> bool:
        """See `BucketRequests.put`."""
        with self._translating() as client:
            return self._put(client, name, data, etag)

    def delete(self, name: str) -> None:
        """See `BucketRequests.delete`."""
        with self._translating() as client:
            self._keep_time(client.delete_object(**self._location.request, Key=name))

    def list(self, prefix: str) -> Sequence[Entry]:
        """See `BucketRequests.list`."""
        with self._translating() as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                **self._location.request, Prefix=prefix, PaginationConfig={"PageSize": PAGE}
            )
            rows = []
            for page in pages:
                self._keep_time(page)
                rows.extend(page.get("Contents", []))
        return [
            Entry(
                key=row["Key"],
                size=row["Size"],
                etag=row["ETag"],
                modified=row["LastModified"].astimezone(UTC),
            )
            for row in rows
        ]

    def now(self, prefix: str) -> datetime:
        """See `BucketRequests.now`."""
        if self._clock.now() is None:
            with self._translating() as client:
                self._keep_time(client.list_objects_v2(**self._location.request, Prefix=prefix, MaxKeys=1))
        now = self._clock.now()
        if now is None:
            raise HermesError(f"{self._location.url}: the store's answers have no Date header")
        return now

    def _get(self, client: S3Client, name: str) -> StoredObject | None:
        from botocore.exceptions import (
            ClientError,
            FlexibleChecksumError,
            IncompleteReadError,
            ReadTimeoutError,
            ResponseStreamingError,
        )

        for _ in attempts():
            try:
                answer = client.get_object(**self._location.request, Key=name)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            self._keep_time(answer)
            try:
                return StoredObject(data=answer["Body"].read(), etag=answer["ETag"])
            except (FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                continue  # botocore repeats requests, but does not read an answer again
        raise HermesError(
            f"s3://{self._location.bucket}/{name} keeps arriving incomplete",
            hint="check the network, and run it again",
        )

    def _put(self, client: S3Client, name: str, data: bytes, etag: str | None) -> bool:
        from botocore.exceptions import ClientError

        request: dict[str, Any] = self._location.request | {"Key": name, "Body": data}
        request |= {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        if self._location.kms_key_id:
            request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._location.kms_key_id}
        for is_last in attempts():
            try:
                self._keep_time(client.put_object(**request))
            except ClientError as error:
                # 404 is the answer to If-Match where there is no object.
                if status_of(error) == 412 or code_of(error) == "NoSuchKey":
                    return False
                # 409: another write of this key was under way; botocore does not repeat it.
                if status_of(error) != 409 or is_last:
                    raise
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def _keep_time(self, answer: Any) -> None:
        self._clock.set(answer["ResponseMetadata"]["HTTPHeaders"].get("date"))

    def _client(self) -> S3Client:
        if self._made is None:
            try:
                self._made = self._make()
            except ValueError as error:
                raise translate_failure(error, self._location, self._endpoint) from error
        return self._made

    @property
    def _endpoint(self) -> str:
        return self._made.meta.endpoint_url if self._made else self._location.endpoint_url or "AWS"

    @contextmanager
    def _translating(self) -> Iterator[S3Client]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield self._client()
        except ClientError as error:
            raise translate_answer(error, self._location, self._endpoint) from error
        except BotoCoreError as error:
            raise translate_failure(error, self._location, self._endpoint) from error
