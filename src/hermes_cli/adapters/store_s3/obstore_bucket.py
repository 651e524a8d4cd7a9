"""A bucket by obstore, which is far quicker than boto3; boto3 is asked again where obstore is not sure."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hermes_cli.domain.contract import retry_policy
from hermes_cli.domain.contract.store import Entry, StoredObject

from .bucket_protocol import BucketRequests, Clock
from .location import S3Location
from .obstore_support import ObstoreSupport

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config
    from obstore.store import S3Store as ObstoreStore

Answer = TypeVar("Answer")
# After so many requests in a row without a certain answer it cannot reach this bucket at all.
_GIVE_UP_AFTER = 3


class ObstoreBucket:
    """The requests to a bucket by obstore. It returns only what is certain: done, condition failed, absent.

    After anything else (an error, a lost answer, a broken body) `boto3` sends the request again,
    retries and explains. So a write may be sent twice, which its condition allows.
    """

    def __init__(self, location: S3Location, support: ObstoreSupport, boto3: BucketRequests) -> None:
        self._boto3 = boto3
        self._support = support
        self._store = _open(location, support)
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
                self._clock.set(self._support.date())
        return self._clock.now() or self._boto3.now(prefix)

    def _ask(self, by_obstore: Callable[[], Answer], by_boto3: Callable[[], Answer]) -> Answer:
        if self._failures < _GIVE_UP_AFTER:
            try:
                answer = by_obstore()
            except Exception:
                # boto3 meets the same error, and retries or explains it.
                self._failures += 1
            else:
                self._failures = 0
                return answer
        return by_boto3()

    def _get(self, name: str) -> StoredObject | None:
        import obstore

        try:
            answer = obstore.get(self._store, name)
        except FileNotFoundError as error:
            if "<Code>NoSuchKey</Code>" in str(error):  # and not a bucket that is not there
                return None
            raise
        etag, data = answer.meta["e_tag"], bytes(answer.bytes())
        # The tag of an object that no key of KMS encrypts is its MD5; else boto3 compares other digests.
        if etag != f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"':
            raise ValueError("the digest is not that of the bytes")
        return StoredObject(data=data, etag=etag)

    def _put(self, name: str, data: bytes, etag: str | None) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            obstore.put(
                self._store,
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

        rows = obstore.list(self._store, prefix.removesuffix("/") or None).collect()
        return [
            Entry(key=row["path"], size=row["size"], etag=row["e_tag"] or "", modified=row["last_modified"])
            for row in rows
        ]


def _open(location: S3Location, support: ObstoreSupport) -> ObstoreStore:
    """Open the bucket with every setting given: obstore would read the others from variables of its own."""
    from obstore.store import S3Store

    policy = retry_policy.S3
    options: ClientConfig = {
        "allow_http": support.endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=policy.connect_timeout),
        "read_timeout": timedelta(seconds=policy.read_timeout),
        "timeout": timedelta(hours=1),  # of a whole request, however large it is
    }
    if support.ca_file:
        options["root_certificate"] = Path(support.ca_file).read_bytes()
    encryption: S3Config = {}
    if location.kms_key_id:
        encryption = {"server_side_encryption": "aws:kms", "sse_kms_key_id": location.kms_key_id}
    return S3Store(
        location.bucket,
        config={
            "endpoint": support.endpoint,
            "aws_endpoint_url_s3": support.endpoint,
            "region": support.region,
            "virtual_hosted_style_request": not support.in_path,
            "checksum_algorithm": "SHA256",
            "conditional_put": "etag",
            "request_payer": False,
            "s3_express": False,
            "skip_signature": False,
            "unsigned_payload": False,
            **encryption,
        },
        client_options=options,
        retry_config={"max_retries": 0},  # boto3 retries, by the policy
        credential_provider=support.credentials,
    )
