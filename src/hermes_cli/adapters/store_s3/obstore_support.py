"""How a client that is not boto3 reaches a place just as boto3 does, or why it cannot."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import retrying
from .location import ENDPOINT_VARIABLES, S3Location

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from obstore.store import S3Credential

# Settings of AWS's files that change how boto3 asks; each may also be a variable, AWS_<NAME>.
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
# Variables that one of the two clients obeys, and the other does not or in another way.
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
    """Only boto3 reaches the place; its text is the reason."""


@dataclass(frozen=True, kw_only=True)
class ObstoreSupport:
    """The server, the region to sign for, and what to sign with; the bucket is in the path or in the host."""

    endpoint: str
    region: str
    in_path: bool
    authorities: str | None  # the file of those to believe, where it is not the system's
    credentials: Keys

    def date(self) -> str | None:
        """The `Date` of an answer of this server, whatever it answers; None where none is had."""
        if any(os.environ.get(name) for name in _PROXIES):
            return None
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        scheme, _, host = self.endpoint.partition("://")
        timeout = min(retrying.CONNECT_TIMEOUT, retrying.READ_TIMEOUT)
        try:
            if scheme == "https":
                from ssl import create_default_context

                context = create_default_context(cafile=self.authorities)
                connection: HTTPConnection = HTTPSConnection(host, timeout=timeout, context=context)
            else:
                connection = HTTPConnection(host, timeout=timeout)
        except OSError:
            return None
        try:
            # It is not signed: that it is refused does not matter.
            connection.request("HEAD", "/")
            return connection.getresponse().getheader("Date")
        except (HTTPException, OSError):
            return None
        finally:
            connection.close()


class Keys:
    """Gives the credentials for one request after the other, renewed as botocore sees fit."""

    # obstore asks again for what ends within this time: for each request, as botocore does.
    refresh_threshold = timedelta(0)

    def __init__(self, credentials: Credentials | S3Credential) -> None:
        self._credentials = credentials

    def __call__(self) -> S3Credential:
        """What obstore signs with."""
        if isinstance(self._credentials, dict):
            return self._credentials
        from botocore.credentials import Credentials

        frozen = self._credentials.get_frozen_credentials()
        fixed = type(self._credentials) is Credentials
        return {
            "access_key_id": frozen.access_key or "",
            "secret_access_key": frozen.secret_key or "",
            "token": frozen.token,
            "expires_at": None if fixed else datetime.now(timezone.utc),
        }


def find_support(place: S3Location, environ: Mapping[str, str] = os.environ) -> ObstoreSupport:
    """How to reach a place as boto3 does. Raises `NotSupported`; what botocore raises, boto3 will raise again."""
    if place.expected_bucket_owner:
        raise NotSupported("expected-bucket-owner is set")  # a header that obstore cannot sign
    for name in (*_VARIABLES, *(f"AWS_{setting.upper()}" for setting in _SETTINGS)):
        if environ.get(name):
            raise NotSupported(f"{name} is set")
    keys, profile = _keys(place, environ)
    for setting in _SETTINGS:
        if profile.get(setting):
            raise NotSupported(f"AWS's files have {setting}")
    region = place.region or environ.get("AWS_DEFAULT_REGION") or profile.get("region")
    if not region:
        raise NotSupported("no region is set")
    endpoint = place.endpoint_url or next(filter(None, map(environ.get, ENDPOINT_VARIABLES)), None)
    endpoint = endpoint or profile.get("endpoint_url")
    if not _BUCKET.fullmatch(place.bucket):
        raise NotSupported("the bucket's name is a special one")
    if endpoint:
        if not _ENDPOINT.fullmatch(endpoint.removesuffix("/")):
            raise NotSupported("the endpoint is more than a host")
        endpoint, in_path = endpoint.removesuffix("/"), True
    else:
        if not _REGION.fullmatch(region):
            raise NotSupported(f"the region is {region}")
        in_path = "." in place.bucket  # no certificate is for such a host
        host = f"s3.{region}.amazonaws.com"
        endpoint = f"https://{host}" if in_path else f"https://{place.bucket}.{host}"
    authorities = None
    if endpoint.startswith("https:"):
        named = (environ.get("AWS_CA_BUNDLE"), profile.get("ca_bundle"), environ.get("REQUESTS_CA_BUNDLE"))
        authorities = next(filter(None, named), None)  # SSL_CERT_FILE is the system's for obstore too
        if authorities and not Path(authorities).is_file():
            raise NotSupported("the authorities are in a folder")
    return ObstoreSupport(
        endpoint=endpoint, region=region, in_path=in_path, authorities=authorities, credentials=Keys(keys)
    )


def _keys(
    place: S3Location, environ: Mapping[str, str]
) -> tuple[Credentials | S3Credential, Mapping[str, Any]]:
    """The credentials, and the profile of AWS's files that is in force."""
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret and not _asks_for_botocore(place, environ):
        # What botocore would find, without the time that its import takes.
        token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
        keys: S3Credential = {
            "access_key_id": access,
            "secret_access_key": secret,
            "token": token,
            "expires_at": None,
        }
        return keys, {}
    from .clients import make_config, make_session

    session = make_session(place, make_config())
    credentials = session.get_credentials()
    if credentials is None:
        raise NotSupported("there are no credentials")
    return credentials, session.get_scoped_config()


def _asks_for_botocore(place: S3Location, environ: Mapping[str, str]) -> bool:
    if place.profile or place.role_arn or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE"):
        return True
    files = (
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
    )
    return any(Path(file).expanduser().exists() for file in files)
