"""Which bucket a store talks to, and as whom."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# botocore reads them, the first before the second, where a place names no server itself.
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_AMAZON = re.compile(r"(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$")


@dataclass(frozen=True, kw_only=True)
class S3Location:
    """A bucket and what is needed to reach it; None leaves it to AWS's own variables and files."""

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
        """What every request names: the bucket, and who must own it."""
        owner = self.expected_bucket_owner
        return {"Bucket": self.bucket} | ({"ExpectedBucketOwner": owner} if owner else {})

    @property
    def named_endpoint(self) -> tuple[str, str] | None:
        """What names the server, a setting or a variable, and its value as it may be shown; None where neither does."""
        if self.endpoint_url is not None:
            return "endpoint-url of this environment", without_secrets(self.endpoint_url)
        for name in ENDPOINT_VARIABLES:
            if value := os.environ.get(name):
                return name, without_secrets(value)
        return None

    @property
    def profile_option(self) -> str:
        """What an `aws` command needs to use the same profile."""
        profile = self.profile or os.environ.get("AWS_PROFILE")
        return f" --profile {profile}" if profile else ""


def without_secrets(url: str) -> str:
    """An endpoint as it may be shown, scheme and host: a URL may also hold a password."""
    scheme, separator, rest = url.rpartition("://")
    return scheme + separator + rest.partition("/")[0].partition("?")[0].rpartition("@")[2]


def is_amazons(endpoint: str) -> bool:
    """Whether the address of a server is one of Amazon's own."""
    return _AMAZON.search(urlsplit(endpoint).hostname or "") is not None
