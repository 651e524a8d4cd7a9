"""The bucket that a store uses, and the account and server that it is reached by."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# botocore reads them, the first before the second, where a location names no server itself.
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_AMAZON = re.compile(r"(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$")


@dataclass(frozen=True, kw_only=True)
class S3Location:
    """A bucket and all that is needed to reach it; None leaves a setting to AWS's own variables and files."""

    bucket: str
    prefix: str = ""
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None
    expected_bucket_owner: str | None = None
    kms_key_id: str | None = None

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of every request: the bucket, and the account that must own it."""
        owner = self.expected_bucket_owner
        return {"Bucket": self.bucket} | ({"ExpectedBucketOwner": owner} if owner else {})

    @property
    def named_endpoint(self) -> tuple[str, str] | None:
        """The setting or variable that names the server, and its value as it may be shown; None for Amazon's."""
        if self.endpoint_url is not None:
            return "endpoint-url of this environment", scheme_and_host(self.endpoint_url)
        for name in ENDPOINT_VARIABLES:
            if value := os.environ.get(name):
                return name, scheme_and_host(value)
        return None

    @property
    def profile_option(self) -> str:
        """The option by which an `aws` command uses the same profile, with a space before it; or nothing."""
        profile = self.profile or os.environ.get("AWS_PROFILE")
        return f" --profile {profile}" if profile else ""


def scheme_and_host(url: str) -> str:
    """Return the part of an endpoint that may be shown: the rest of a URL may hold a password."""
    scheme, separator, rest = url.rpartition("://")
    return scheme + separator + rest.partition("/")[0].partition("?")[0].rpartition("@")[2]


def is_amazons(endpoint: str) -> bool:
    """Return whether a server's URL is one of Amazon's own."""
    return _AMAZON.search(urlsplit(endpoint).hostname or "") is not None
