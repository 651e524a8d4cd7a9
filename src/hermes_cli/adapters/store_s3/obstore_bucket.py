"""A bucket as obstore reaches it, which is far quicker; what it is not sure of, boto3 is asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hermes_cli.domain.contract.store import Entry, StoredObject

from . import retrying
from .bucket_protocol import BucketRequests, Clock
from .location import S3Location
from .obstore_support import ObstoreSupport

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config
    from obstore.store import S3Store as Reached

_Answer = TypeVar("_Answer")
# So many requests in a row that it could not answer: then it cannot reach this bucket at all.
_HOPELESS = 3


class ObstoreBucket:
    """A `BucketRequests` by obstore. It answers only what it has surely seen: done, the condition failed, absent.

    Everything else (an error, a lost answer, a broken body) is asked again of `boto3`, which retries
    and explains. A write may so be sent twice, which its condition allows.
    """

    def __init__(self, place: S3Location, way: ObstoreSupport, boto3: BucketRequests) -> None:
        self._boto3 = boto3
        self._way = way
        self._reached = _reach(place, way)
        self._failures = 0
        self._clock = Clock()
        self._asking = threading.Lock()

    @property
    def client(self) -> str:
        """See `BucketRequests.client`."""
        return "obstore"

    def get(self, name: str) -> StoredObject | None:
        """See `BucketRequests.get`."""
        return self._ask(lambda: self._get(name), lambda: self._boto3.get(name))

    def put(self, name: str, data: bytes, etag: str | None) -> bool:
        """See `BucketRequests.put`."""
        return self._ask(lambda: self._put(name, data, etag), lambda: self._boto3.put(name, data, etag))

    def delete(self, name: str) -> None:
        """See `BucketRequests.delete`."""
        self._boto3.delete(name)

    def list(self, prefix: str) -> Sequence[Entry]:
        """See `BucketRequests.list`."""
        if prefix and not prefix.endswith("/"):  # obstore lists whole folders
            return self._boto3.list(prefix)
        return self._ask(lambda: self._rows(prefix), lambda: self._boto3.list(prefix))

    def now(self, prefix: str) -> datetime:
        """See `BucketRequests.now`."""
        with self._asking:
            if self._clock.now() is None:
                self._clock.set(self._way.date())
        return self._clock.now() or self._boto3.now(prefix)

    def _ask(self, obstore: Callable[[], _Answer], boto3: Callable[[], _Answer]) -> _Answer:
        if self._failures < _HOPELESS:
            try:
                answer = obstore()
            except Exception:
                # Whatever it was: boto3 meets it again, and knows what to do or say.
                self._failures += 1
            else:
                self._failures = 0
                return answer
        return boto3()

    def _get(self, name: str) -> StoredObject | None:
        import obstore

        try:
            answer = obstore.get(self._reached, name)
        except FileNotFoundError as error:
            if "<Code>NoSuchKey</Code>" in str(error):  # and not a bucket that is not there
                return None
            raise
        etag, data = answer.meta["e_tag"], bytes(answer.bytes())
        # The tag of an object that no key of KMS encrypts is its MD5. boto3 compares other sums.
        if etag != f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"':
            raise ValueError("not known to be what was written")
        return StoredObject(data=data, etag=etag)

    def _put(self, name: str, data: bytes, etag: str | None) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            obstore.put(
                self._reached,
                name,
                data,
                mode="create" if etag is None else {"e_tag": etag},
                use_multipart=False,
            )
        except (AlreadyExistsError, PreconditionError) as error:
            if "status code: 412 " in str(error):  # and not 409, which says nothing yet
                return False
            raise
        return True

    def _rows(self, prefix: str) -> Sequence[Entry]:
        import obstore

        rows = obstore.list(self._reached, prefix.removesuffix("/") or None).collect()
        return [
            Entry(key=row["path"], size=row["size"], etag=row["e_tag"] or "", modified=row["last_modified"])
            for row in rows
        ]


def _reach(place: S3Location, way: ObstoreSupport) -> Reached:
    """Told everything: what it is not told, it takes from variables that boto3 does not read."""
    from obstore.store import S3Store

    options: ClientConfig = {
        "allow_http": way.endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=retrying.CONNECT_TIMEOUT),
        "read_timeout": timedelta(seconds=retrying.READ_TIMEOUT),
        "timeout": timedelta(hours=1),  # of all of a request, however large it is
    }
    if way.authorities:
        options["root_certificate"] = Path(way.authorities).read_bytes()
    encryption: S3Config = {}
    if place.kms_key_id:
        encryption = {"server_side_encryption": "aws:kms", "sse_kms_key_id": place.kms_key_id}
    return S3Store(
        place.bucket,
        config={
            "endpoint": way.endpoint,
            "aws_endpoint_url_s3": way.endpoint,
            "region": way.region,
            "virtual_hosted_style_request": not way.in_path,
            "checksum_algorithm": "SHA256",
            "conditional_put": "etag",
            "request_payer": False,
            "s3_express": False,
            "skip_signature": False,
            "unsigned_payload": False,
            **encryption,
        },
        client_options=options,
        retry_config={"max_retries": 0},
        credential_provider=way.credentials,
    )
