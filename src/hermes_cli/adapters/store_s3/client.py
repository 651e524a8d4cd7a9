"""Makes the boto3 client of a store."""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING

from .place import Place

if TYPE_CHECKING:
    from typing import Any

    from boto3 import Session as AWSSession
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds
_ATTEMPTS = 5
_CONNECTIONS = 16
FALLBACK_REGION = "us-east-1"


class Clients:
    """The clients of one run of Hermes: places that are reached in the same way share one.

    Most of what a client costs is reading what S3 is. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str | None, ...], S3Client] = {}

    def of(self, place: Place) -> S3Client:
        """The client of a place; raises what botocore raises."""
        key = (place.region, place.profile, place.role_arn, place.endpoint_url)
        with self._lock:
            if key not in self._made:
                self._made[key] = make_client(place)
            return self._made[key]


def make_client(place: Place, *, attempts: int = _ATTEMPTS) -> S3Client:
    """A client that threads may share; raises what botocore raises.

    botocore itself reads `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` and the profile's endpoint, and
    puts the bucket into the path whenever one of these or `endpoint_url` is in force.
    """
    config = make_config(attempts)
    client: S3Client = make_session(place, config).client(
        "s3", region_name=place.region, endpoint_url=place.endpoint_url, config=config
    )
    if place.region is not None:
        client.meta.events.register("before-call.s3", _stay_in_region)
    return client


def make_config(attempts: int) -> Config:
    """How a client waits, and how often it tries."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


def make_session(place: Place, config: Config) -> AWSSession:
    """The credentials that a place is reached with; raises what botocore raises."""
    import boto3

    session = _session(place)
    if place.role_arn is not None:
        _assume_role(session, _session(place), place, place.role_arn, config)
    return boto3.Session(botocore_session=session)


def _session(place: Place) -> Session:
    """A session that also believes the authorities which every other program is told of."""
    from botocore.session import Session

    session = Session(profile=place.profile)
    authorities = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if authorities and session.get_config_variable("ca_bundle") is None:
        session.set_config_variable("ca_bundle", authorities)
    return session


def _assume_role(session: Session, source: Session, place: Place, role_arn: str, config: Config) -> None:
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


def _stay_in_region(context: dict[str, Any], **_: object) -> None:
    """Keep botocore from looking for the bucket in other regions: this environment names its own."""
    context.setdefault("s3_redirect", {})["redirected"] = True
