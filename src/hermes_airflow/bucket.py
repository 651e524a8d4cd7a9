"""Reads what is deployed in an S3 bucket, with the credentials of the Airflow worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ._hermes.errors import AccessDenied, HermesError, InvalidInput
from ._hermes.store import Entry, StoredObject
from .variables import BucketSettings

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_s3 import S3Client

_ATTEMPTS = 5
_CONNECT_TIMEOUT = 10.0  # seconds
_READ_TIMEOUT = 60.0  # seconds


class BucketReader:
    """The `Reader` of a bucket, below its prefix; the network is asked at the first read only."""

    def __init__(self, bucket: BucketSettings) -> None:
        self._bucket = bucket
        self._root = f"{bucket.prefix}/" if bucket.prefix else ""

    @property
    def url(self) -> str:
        """See `Reader.url`."""
        return self._bucket.url

    def get(self, key: str) -> StoredObject | None:
        """See `Reader.get`."""
        from botocore.exceptions import ClientError

        with self._telling():
            try:
                answer = self._client.get_object(Bucket=self._bucket.name, Key=self._root + key)
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    return None
                raise
            return StoredObject(data=answer["Body"].read(), etag=answer["ETag"])

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Reader.list`."""
        with self._telling():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=self._root + prefix
            )
            rows = [row for page in pages for row in page.get("Contents", [])]
        for row in sorted(rows, key=lambda row: row["Key"]):
            yield Entry(
                key=row["Key"].removeprefix(self._root),
                size=row["Size"],
                etag=row["ETag"],
                modified=row["LastModified"],
            )

    @cached_property
    def _client(self) -> S3Client:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
        client: S3Client = boto3.Session().client(
            "s3",
            region_name=self._bucket.region,
            endpoint_url=self._bucket.endpoint_url,
            config=config,
        )
        return client

    @contextmanager
    def _telling(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        try:
            yield
        except ClientError as error:
            raise self._answered(error) from error
        except (ParamValidationError, ValueError) as error:
            raise InvalidInput(
                f"{self.url} is no place in S3", hint="check the Airflow Variables hermes_<environment>_…"
            ) from error
        except BotoCoreError as error:
            raise self._failed(error) from error

    def _answered(self, error: ClientError) -> HermesError:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = _code(error)
        if code == "NoSuchBucket":
            return AccessDenied(
                f"bucket {self._bucket.name} does not exist",
                hint="check the Airflow Variables hermes_<environment>_bucket and _region",
            )
        if status in (301, 307, 400, 401, 403):
            return AccessDenied(
                f"the Airflow worker may not read {self.url} ({error.operation_name}: {status} {code})",
                hint="its AWS role needs s3:GetObject and s3:ListBucket there, and the right region",
            )
        return HermesError(
            f"{self.url}: the store keeps failing ({error.operation_name}: {status} {code})",
            hint="clear the task later",
        )

    def _failed(self, error: BotoCoreError) -> HermesError:
        from botocore.exceptions import CredentialRetrievalError, NoCredentialsError

        if isinstance(error, (NoCredentialsError, CredentialRetrievalError)):
            return AccessDenied(
                f"the Airflow worker has no AWS credentials for {self.url}",
                hint="give the worker an AWS role that may read there",
            )
        # The text of such an error may hold a proxy's password.
        return HermesError(
            f"{self.url} cannot be reached ({type(error).__name__})", hint="clear the task later"
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
