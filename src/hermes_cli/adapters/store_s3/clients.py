"""Choose the client that reaches a bucket: obstore where it is installed and supports it, else boto3."""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import InvalidInput

from .boto3_bucket import Boto3Bucket
from .boto3_client import make_client
from .bucket_protocol import BucketRequests
from .location import S3Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VARIABLE = "HERMES_S3_CLIENT"


class Clients:
    """The clients of one run of Hermes: locations that are reached in the same way share one of boto3's.

    Most of the cost of such a client is that it reads the description of S3. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str | None, ...], S3Client] = {}
        self._buckets: dict[S3Location, BucketRequests] = {}

    def bucket(self, location: S3Location) -> BucketRequests:
        """Return the bucket of a location, by the quickest client that supports it.

        Raises `InvalidInput` where `HERMES_S3_CLIENT` names an unknown client.
        """
        with self._lock:
            if location not in self._buckets:
                self._buckets[location] = self._open(location)
            return self._buckets[location]

    def _open(self, location: S3Location) -> BucketRequests:
        wanted = os.environ.get(VARIABLE)
        if wanted not in (None, "", "boto3", "obstore"):
            raise InvalidInput(
                f"{VARIABLE}: {wanted!r} is not a client of S3",
                hint=f"export {VARIABLE}=boto3, or {VARIABLE}=obstore",
            )
        if wanted == "boto3":
            return self._boto3(location, f"{VARIABLE} is set")
        try:
            import obstore  # noqa: F401
        except ImportError:
            if wanted:
                raise InvalidInput(
                    f"{VARIABLE} asks for obstore, which is not installed",
                    hint="install hermes-data-products[fast]",
                ) from None
            return self._boto3(location, "obstore is not installed")
        from .obstore_bucket import ObstoreBucket
        from .obstore_support import NotSupported, find_support

        try:
            return ObstoreBucket(
                location, find_support(location), self._boto3(location, "for what obstore cannot do")
            )
        except NotSupported as reason:
            return self._boto3(location, str(reason))
        except Exception as error:
            # A setting that botocore or obstore refuses: boto3 explains it at the first request.
            return self._boto3(location, type(error).__name__)

    def _boto3(self, location: S3Location, why: str) -> BucketRequests:
        return Boto3Bucket(location, partial(self.of, location), why)

    def of(self, location: S3Location) -> S3Client:
        """Return the boto3 client of a location; raises what botocore raises."""
        key = (location.region, location.profile, location.role_arn, location.endpoint_url)
        with self._lock:
            if key not in self._made:
                self._made[key] = make_client(location)
            return self._made[key]
