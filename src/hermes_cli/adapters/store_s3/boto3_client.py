"""Make boto3's clients of S3: credentials, roles, certificates, waits."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from hermes_cli.domain.contract import retry_policy
from hermes_cli.domain.contract.retry_policy import RetryPolicy

from .location import S3Location

if TYPE_CHECKING:
    from typing import Any

    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

_CONNECTIONS = 16
FALLBACK_REGION = "us-east-1"


def make_client(location: S3Location, policy: RetryPolicy | None = None) -> S3Client:
    """Return a client that threads may share; raises what botocore raises.

    botocore itself reads `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` and the profile's endpoint, and
    puts the bucket into the path whenever one of these or `endpoint_url` is in force.
    """
    config = make_config(policy)
    # boto3's session on top of it would load the description of objects and resources, which nobody uses here.
    session = make_session(location, config)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_parse_time)
    client: S3Client = session.create_client(  # type: ignore[assignment]
        "s3", region_name=location.region, endpoint_url=location.endpoint_url, config=config
    )
    if location.region is not None:
        client.meta.events.register("before-call.s3", _stay_in_region)
    return client


def make_config(policy: RetryPolicy | None = None) -> Config:
    """Return the settings of a client; they follow the retry policy for S3 unless another one is given."""
    from botocore.config import Config

    chosen = policy or retry_policy.S3
    return Config(max_pool_connections=_CONNECTIONS, **chosen.for_botocore())


def make_session(location: S3Location, config: Config) -> Session:
    """Return a session with the credentials for a location; raises what botocore raises."""
    session = _open_session(location)
    if location.role_arn is not None:
        _assume_role(session, _open_session(location), location, location.role_arn, config)
    return session


def _open_session(location: S3Location) -> Session:
    """Return a session that also accepts the CA file by which other programs verify certificates."""
    from botocore.session import Session

    session = Session(profile=location.profile)
    ca_file = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if ca_file and session.get_config_variable("ca_bundle") is None:
        session.set_config_variable("ca_bundle", ca_file)
    return session


def _assume_role(
    session: Session, source: Session, location: S3Location, role_arn: str, config: Config
) -> None:
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
    region = location.region or source.get_config_variable("region") or FALLBACK_REGION
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


def _parse_time(text: Any) -> datetime:
    """Parse a time of a listing; botocore would try several forms for each row."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        from botocore.utils import parse_timestamp

        return parse_timestamp(text)


def _stay_in_region(context: dict[str, Any], **_: object) -> None:
    """Keep botocore from looking for the bucket in other regions: this environment names its own."""
    context.setdefault("s3_redirect", {})["redirected"] = True
