"""Which client reaches a place, and how boto3's are made."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import InvalidInput

from . import retrying
from .boto3_bucket import Boto3Bucket
from .bucket_protocol import BucketRequests
from .location import S3Location

if TYPE_CHECKING:
    from typing import Any

    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

VARIABLE = "HERMES_S3_CLIENT"
_ATTEMPTS = 5
_CONNECTIONS = 16
FALLBACK_REGION = "us-east-1"


class Clients:
    """The clients of one run of Hermes: places that are reached in the same way share one of boto3's.

    Most of what such a client costs is reading what S3 is. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str | None, ...], S3Client] = {}
        self._buckets: dict[S3Location, BucketRequests] = {}

    def bucket(self, place: S3Location) -> BucketRequests:
        """The bucket of a place, by the quickest client that reaches it: obstore where it is installed and fits.

        Raises `InvalidInput` where `HERMES_S3_CLIENT` names a client that there is not.
        """
        with self._lock:
            if place not in self._buckets:
                self._buckets[place] = self._open(place)
            return self._buckets[place]

    def _open(self, place: S3Location) -> BucketRequests:
        asked = os.environ.get(VARIABLE)
        if asked not in (None, "", "boto3", "obstore"):
            raise InvalidInput(f"{VARIABLE}: {asked!r} is no client of S3", hint="boto3, or obstore")
        if asked == "boto3":
            return self._boto3(place, f"{VARIABLE} is set")
        try:
            import obstore  # noqa: F401
        except ImportError:
            if asked:
                raise InvalidInput(
                    f"{VARIABLE} asks for obstore, which is not installed",
                    hint="install hermes-data-products[fast] (Python 3.11 or newer)",
                ) from None
            return self._boto3(place, "obstore is not installed")
        from .obstore_bucket import ObstoreBucket
        from .obstore_support import NotSupported, find_support

        try:
            return ObstoreBucket(place, find_support(place), self._boto3(place, "for what obstore cannot do"))
        except NotSupported as reason:
            return self._boto3(place, str(reason))
        except Exception as error:
            # What botocore or obstore cannot be told: boto3 says what is wrong when it is asked.
            return self._boto3(place, type(error).__name__)

    def _boto3(self, place: S3Location, why: str) -> BucketRequests:
        return Boto3Bucket(place, partial(self.of, place), why)

    def of(self, place: S3Location) -> S3Client:
        """The boto3 client of a place; raises what botocore raises."""
        key = (place.region, place.profile, place.role_arn, place.endpoint_url)
        with self._lock:
            if key not in self._made:
                self._made[key] = make_client(place)
            return self._made[key]


def make_client(place: S3Location, *, attempts: int = _ATTEMPTS) -> S3Client:
    """A client that threads may share; raises what botocore raises.

    botocore itself reads `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` and the profile's endpoint, and
    puts the bucket into the path whenever one of these or `endpoint_url` is in force.
    """
    config = make_config(attempts)
    # boto3's session on top of it would load what objects and resources are, for nobody here.
    session = make_session(place, config)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_time)
    client: S3Client = session.create_client(  # type: ignore[assignment]
        "s3", region_name=place.region, endpoint_url=place.endpoint_url, config=config
    )
    if place.region is not None:
        client.meta.events.register("before-call.s3", _stay_in_region)
    return client


def make_config(attempts: int = _ATTEMPTS) -> Config:
    """How a client waits, and how often it tries."""
    from botocore.config import Config

    return Config(
        connect_timeout=retrying.CONNECT_TIMEOUT,
        read_timeout=retrying.READ_TIMEOUT,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


def make_session(place: S3Location, config: Config) -> Session:
    """The credentials that a place is reached with; raises what botocore raises."""
    session = _session(place)
    if place.role_arn is not None:
        _assume_role(session, _session(place), place, place.role_arn, config)
    return session


def _session(place: S3Location) -> Session:
    """A session that also believes the authorities which every other program is told of."""
    from botocore.session import Session

    session = Session(profile=place.profile)
    authorities = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if authorities and session.get_config_variable("ca_bundle") is None:
        session.set_config_variable("ca_bundle", authorities)
    return session


def _assume_role(session: Session, source: Session, place: S3Location, role_arn: str, config: Config) -> None:
    """Give a session the credentials of a role, which the source session's credentials may assume.

    botocore asks STS when the first request is signed, and again before the credentials expire.
    """
    from botocore.credentials import (
        AssumeRoleCredentialFetcher,
        CredentialProvider,
        DeferredRefreshableCredentials,
    )
    from botocore.exceptions import NoCredentialsError

    credentials = source.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    region = place.region or source.get_config_variable("region") or FALLBACK_REGION
    fetcher = AssumeRoleCredentialFetcher(
        partial(source.create_client, region_name=region, config=config),
        credentials,
        role_arn,
        extra_args={"RoleSessionName": "hermes"},
    )

    class Role(CredentialProvider):
        METHOD = "hermes-assume-role"

        def load(self) -> Credentials:
            return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")

    session.get_component("credential_provider").providers.insert(0, Role())


def _time(text: Any) -> datetime:
    """A moment as S3 writes it in a listing; botocore would try what else it could mean, for each row."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        from botocore.utils import parse_timestamp

        return parse_timestamp(text)


def _stay_in_region(context: dict[str, Any], **_: object) -> None:
    """Keep botocore from looking for the bucket in other regions: this environment names its own."""
    context.setdefault("s3_redirect", {})["redirected"] = True
