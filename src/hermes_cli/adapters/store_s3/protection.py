"""Check the two guards of a bucket against mistakes: its versioning, and its public access block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermes_cli.domain.health_checks import Check, ok, skipped, warning

from .error_messages import code_of, status_of
from .location import S3Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VERSIONING, BLOCK = "versioning", "public access block"
_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# The codes by which servers that are not Amazon's refuse a request that they do not know.
_UNKNOWN = frozenset(
    {"NotImplemented", "MethodNotAllowed", "NoSuchKey", "InvalidRequest", "404", "405", "501"}
)


def versioning(client: S3Client, location: S3Location) -> Check:
    """Check whether the bucket keeps what is deleted or overwritten."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        status = client.get_bucket_versioning(**location.request).get("Status", "off")
    except (BotoCoreError, ClientError) as error:
        return skipped(VERSIONING, _why_not(error, "s3:GetBucketVersioning"))
    if status == "Enabled":
        return ok(VERSIONING, "on")
    return warning(
        VERSIONING,
        f"{status.lower()}: what is deleted by mistake is gone",
        f"aws s3api put-bucket-versioning --bucket {location.bucket} "
        f"--versioning-configuration Status=Enabled{location.profile_option}",
    )


def public_access_block(client: S3Client, location: S3Location) -> Check:
    """Check whether nothing in the bucket can be made public; the block of the account is not read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client.get_public_access_block(**location.request)
    except (BotoCoreError, ClientError) as error:
        code = code_of(error) if isinstance(error, ClientError) else ""
        if code != "NoSuchPublicAccessBlockConfiguration":
            return skipped(BLOCK, _why_not(error, "s3:GetBucketPublicAccessBlock"))
        missing = list(_SETTINGS)
    else:
        found = dict(answer["PublicAccessBlockConfiguration"])
        missing = [name for name in _SETTINGS if not found.get(name)]
    if not missing:
        return ok(BLOCK, "on")
    off = "off" if len(missing) == len(_SETTINGS) else f"{', '.join(missing)} off"
    return warning(
        BLOCK,
        f"{off}: only a block of the whole account could keep the bucket private",
        f"aws s3api put-public-access-block --bucket {location.bucket} --public-access-block-configuration "
        f"{','.join(f'{name}=true' for name in _SETTINGS)}{location.profile_option}",
    )


def _why_not(error: Exception, permission: str) -> str:
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError):
        return f"not known: no answer ({type(error).__name__})"
    if status_of(error) in (401, 403):
        return f"not known: these credentials may not ask ({permission})"
    if code_of(error) in _UNKNOWN:
        return "not known: this server does not support it"
    return f"not known: the server answered {status_of(error)} {code_of(error)}"
