"""Find out whether obstore can reach a bucket just as boto3 does, and with which settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hermes_cli.domain.contract import retry_policy

from .boto3_client import make_config, make_session
from .location import ENDPOINT_VARIABLES, S3Location

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from obstore.store import S3Credential

# Settings of AWS's files that change the requests of boto3; each may also be a variable, AWS_<NAME>.
_SETTINGS = (
    "auth_scheme_preference",
    "ignore_configured_endpoint_urls",
    "request_checksum_calculation",
    "s3",
    "services",
    "sigv4a_signing_region_set",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
)
# Variables that only one of the two clients reads, or that the two read differently.
_VARIABLES = (
    "ALL_PROXY",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE_BUCKET_KEY_ENABLED",
    "AWS_SSE_CUSTOMER_KEY_BASE64",
    "AWS_SSE_KMS_KEY_ID",
    "all_proxy",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_BUCKET = re.compile(r"(?!.*(?:--|\.\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"(?:af|ap|ca|eu|il|me|mx|sa|us)(?:-gov)?-[a-z]+-[0-9]{1,2}")  # of amazonaws.com
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?")


class NotSupported(Exception):
    """Raised where only boto3 supports a location; its text is the reason."""


@dataclass(frozen=True, kw_only=True)
class ObstoreSupport:
    """The settings by which obstore reaches a bucket; this is named in the path of a URL or in the host."""

    endpoint: str
    region: str
    in_path: bool
    ca_file: str | None  # None for the system's certificates
    credentials: ObstoreCredentials

    def date(self) -> str | None:
        """Ask the server for its time: the `Date` of an answer, whatever that is; None where there is none."""
        if any(os.environ.get(name) for name in _PROXIES):
            return None
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        scheme, _, host = self.endpoint.partition("://")
        timeout = min(retry_policy.S3.connect_timeout, retry_policy.S3.read_timeout)
        try:
            if scheme == "https":
                from ssl import create_default_context

                context = create_default_context(cafile=self.ca_file)
                connection: HTTPConnection = HTTPSConnection(host, timeout=timeout, context=context)
            else:
                connection = HTTPConnection(host, timeout=timeout)
        except OSError:
            return None
        try:
            # It is not signed, so it is refused; the answer has the time all the same.
            connection.request("HEAD", "/")
            return connection.getresponse().getheader("Date")
        except (HTTPException, OSError):
            return None
        finally:
            connection.close()


class ObstoreCredentials:
    """Provides the credentials for each request, renewed whenever botocore renews them."""

    # obstore asks again where credentials end within this time: so for each request, as botocore does.
    refresh_threshold = timedelta(0)

    def __init__(self, credentials: Credentials | S3Credential) -> None:
        self._credentials = credentials

    def __call__(self) -> S3Credential:
        """Return the credentials that obstore signs the next request with."""
        if isinstance(self._credentials, dict):
            return self._credentials
        from botocore.credentials import Credentials

        frozen = self._credentials.get_frozen_credentials()
        fixed = type(self._credentials) is Credentials
        return {
            "access_key_id": frozen.access_key or "",
            "secret_access_key": frozen.secret_key or "",
            "token": frozen.token,
            "expires_at": None if fixed else datetime.now(UTC),
        }


def find_support(location: S3Location, environ: Mapping[str, str] = os.environ) -> ObstoreSupport:
    """Return the settings that reach a location as boto3 does. Raises `NotSupported`, or an error of botocore."""
    if location.expected_bucket_owner:
        raise NotSupported("expected-bucket-owner is set")  # a header that obstore cannot sign
    for name in (*_VARIABLES, *(f"AWS_{setting.upper()}" for setting in _SETTINGS)):
        if environ.get(name):
            raise NotSupported(f"{name} is set")
    credentials, profile = _find_credentials(location, environ)
    for setting in _SETTINGS:
        if profile.get(setting):
            raise NotSupported(f"AWS's files have {setting}")
    region = location.region or environ.get("AWS_DEFAULT_REGION") or profile.get("region")
    if not region:
        raise NotSupported("no region is set")
    endpoint = location.endpoint_url or next(filter(None, map(environ.get, ENDPOINT_VARIABLES)), None)
    endpoint = endpoint or profile.get("endpoint_url")
    if not _BUCKET.fullmatch(location.bucket):
        raise NotSupported("the bucket's name has a special form")
    if endpoint:
        if not _ENDPOINT.fullmatch(endpoint.removesuffix("/")):
            raise NotSupported("the endpoint is more than a scheme and a host")
        endpoint, in_path = endpoint.removesuffix("/"), True
    else:
        if not _REGION.fullmatch(region):
            raise NotSupported(f"the region is {region}")
        in_path = "." in location.bucket  # no certificate is for such a host
        host = f"s3.{region}.amazonaws.com"
        endpoint = f"https://{host}" if in_path else f"https://{location.bucket}.{host}"
    ca_file = None
    if endpoint.startswith("https:"):
        named = (environ.get("AWS_CA_BUNDLE"), profile.get("ca_bundle"), environ.get("REQUESTS_CA_BUNDLE"))
        ca_file = next(filter(None, named), None)  # obstore reads SSL_CERT_FILE itself
        if ca_file and not Path(ca_file).is_file():
            raise NotSupported("the CA certificates are in a folder")
    return ObstoreSupport(
        endpoint=endpoint,
        region=region,
        in_path=in_path,
        ca_file=ca_file,
        credentials=ObstoreCredentials(credentials),
    )


def _find_credentials(
    location: S3Location, environ: Mapping[str, str]
) -> tuple[Credentials | S3Credential, Mapping[str, Any]]:
    """Return the credentials, and the settings of the profile that is in force."""
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret and not _needs_botocore(location, environ):
        # botocore would find the same ones, but its import takes a while.
        token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
        keys: S3Credential = {
            "access_key_id": access,
            "secret_access_key": secret,
            "token": token,
            "expires_at": None,
        }
        return keys, {}
    session = make_session(location, make_config())
    credentials = session.get_credentials()
    if credentials is None:
        raise NotSupported("no credentials were found")
    return credentials, session.get_scoped_config()


def _needs_botocore(location: S3Location, environ: Mapping[str, str]) -> bool:
    """Return whether anything but the plain variables could name other credentials or settings."""
    if (
        location.profile
        or location.role_arn
        or environ.get("AWS_PROFILE")
        or environ.get("AWS_DEFAULT_PROFILE")
    ):
        return True
    files = (
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
    )
    return any(Path(file).expanduser().exists() for file in files)
