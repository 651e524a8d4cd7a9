"""Read an S3 bucket with the credentials of the Airflow worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ._hermes import retry_policy
from ._hermes.errors import AccessDenied, HermesError, InvalidInput
from ._hermes.store import Entry, StoredObject
from .airflow_variables import BucketSettings

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_s3 import S3Client


class BucketReader:
    """The `Reader` of a bucket, below its prefix; its client is made for the first read."""

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

        with self._translating():
            try:
                answer = self._client.get_object(Bucket=self._bucket.name, Key=self._root + key)
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    return None
                raise
            return StoredObject(data=answer["Body"].read(), etag=answer["ETag"])

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Reader.list`."""
        with self._translating():
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

        client: S3Client = boto3.Session().client(
            "s3",
            region_name=self._bucket.region,
            endpoint_url=self._bucket.endpoint_url,
            config=Config(**retry_policy.S3.for_botocore()),
        )
        return client

    @contextmanager
    def _translating(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        try:
            yield
        except ClientError as error:
            raise self._translate_answer(error) from error
        except (ParamValidationError, ValueError) as error:
            raise InvalidInput(
                f"{self.url} is not a location in S3",
                hint="check the Airflow Variables hermes_<environment>_…",
            ) from error
        except BotoCoreError as error:
            raise self._translate_failure(error) from error

    def _translate_answer(self, error: ClientError) -> HermesError:
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
                hint="give its AWS role s3:GetObject and s3:ListBucket there, and check the region",
            )
        return HermesError(
            f"{self.url}: the store keeps failing ({error.operation_name}: {status} {code})",
            hint="clear the task later",
        )

    def _translate_failure(self, error: BotoCoreError) -> HermesError:
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
