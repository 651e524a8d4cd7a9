"""Says what botocore's errors mean, in one sentence and with what to type next; never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput

from .location import S3Location, without_secrets

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_WRONG_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"}
    | {"IllegalLocationConstraintException", "301", "307"}
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_UNKNOWN_KEY = frozenset({"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"})
_BAD_TOKEN = frozenset({"InvalidToken", "InvalidSecurity"})
_NO_CONDITIONS = frozenset({"NotImplemented", "501"})


def code_of(error: ClientError) -> str:
    """The code by which S3 names an error; the status where the answer has no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status of an answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_about_region(error: ClientError) -> bool:
    """Whether an answer says that the bucket is in another region."""
    return code_of(error) in _WRONG_REGION


def is_about_credentials(error: ClientError) -> bool:
    """Whether an answer refuses the credentials themselves, and not what they may do."""
    return code_of(error) in _EXPIRED | _UNKNOWN_KEY | _BAD_TOKEN | {"SignatureDoesNotMatch"}


def translate_answer(error: ClientError, place: S3Location, endpoint: str) -> HermesError:
    """What an answer of S3 (or of STS) means."""
    code, status = code_of(error), status_of(error)
    if code == "NoSuchBucket":
        where = _region_or_endpoint(place, endpoint)
        return AccessDenied(
            f"bucket {place.bucket} does not exist ({where})",
            hint="check bucket, region and endpoint-url of this environment in hermes.toml",
        )
    if code in _WRONG_REGION:
        return _wrong_region(error, place)
    if code in _EXPIRED:
        return _log_in("the AWS credentials have expired", place)
    if code in _BAD_TOKEN:
        return _log_in("the AWS session token is not valid", place)
    if code in _UNKNOWN_KEY or code == "SignatureDoesNotMatch":
        wrong = (
            "access key is not known" if code in _UNKNOWN_KEY else "secret key does not fit the access key"
        )
        return AccessDenied(
            f"the AWS {wrong} at {without_secrets(endpoint)}",
            hint=f"aws configure{place.profile_option}, or correct the AWS_* variables",
        )
    if code == "RequestTimeTooSkewed":
        return AccessDenied(
            "this machine's clock is wrong, so AWS refuses its requests", hint="set the clock: date -u"
        )
    if error.operation_name == "AssumeRole" and status < 500:
        return AccessDenied(
            f"the role {place.role_arn} cannot be assumed",
            hint=f"aws sts get-caller-identity{place.profile_option}",
            detail=_said(error),
        )
    if code.startswith("KMS."):
        return AccessDenied(
            f"{place.url}: the encryption key {place.kms_key_id or 'of the bucket'} cannot be used",
            hint="check kms-key-id of this environment in hermes.toml",
            detail=_said(error),
        )
    if status in (401, 403):
        return _denied(error, place)
    if code in _NO_CONDITIONS:
        return HermesError(
            f"{without_secrets(endpoint)} does not support conditional writes, "
            "so a release could be overwritten",
            hint="use a store that honours If-None-Match and If-Match",
            detail=_said(error),
        )
    kept = "keeps failing" if status >= 500 or status == 429 else "refused a request"
    return HermesError(
        f"{place.url}: the store {kept} ({error.operation_name}: {status} {code})",
        hint="run the command again later",
        detail=_said(error),
    )


def translate_failure(error: BotoCoreError | ValueError, place: S3Location, endpoint: str) -> HermesError:
    """What it means that botocore got no answer."""
    from botocore import exceptions as boto

    # The text of such an error may hold a proxy's password or a program's output: none is shown.
    asked = error.kwargs.get("endpoint_url") if isinstance(error, boto.BotoCoreError) else None
    shown, named = without_secrets(asked or endpoint), place.named_endpoint
    if isinstance(error, boto.NoCredentialsError):
        return AccessDenied(
            f"no AWS credentials were found for {place.url}",
            hint=f"aws configure{place.profile_option}, or aws sso login{place.profile_option}",
        )
    if isinstance(error, boto.PartialCredentialsError):
        return AccessDenied(
            "the AWS credentials are incomplete: an access key and a secret key belong together",
            hint=f"aws configure{place.profile_option}",
        )
    if isinstance(error, boto.ProfileNotFound):
        name = place.profile_option.split()[-1] if place.profile_option else "default"
        return AccessDenied(
            f"there is no AWS profile {name}",
            hint=f"aws configure --profile {name} (aws configure list-profiles)",
        )
    if isinstance(error, (boto.SSOError, boto.TokenRetrievalError, boto.LoginError)):
        return AccessDenied("the AWS login has expired", hint=f"aws sso login{place.profile_option}")
    if isinstance(error, (boto.CredentialRetrievalError, boto.NoAuthTokenError, boto.MetadataRetrievalError)):
        return _log_in("the AWS credentials could not be fetched", place)
    if isinstance(error, (boto.ConfigParseError, boto.ConfigNotFound)):
        return AccessDenied("the AWS configuration file cannot be read", hint="aws configure list")
    if isinstance(error, boto.ParamValidationError):
        return InvalidInput(
            f"{place.bucket!r} cannot be a bucket, or one of its settings is malformed",
            hint="check this environment in hermes.toml",
        )
    if isinstance(error, (boto.NoRegionError, boto.InvalidRegionError)):
        return InvalidInput(
            f"{place.url}: the region is missing or malformed",
            hint='write region = "eu-west-1" (say) into this environment in hermes.toml',
        )
    if isinstance(error, boto.SSLError):
        return HermesError(
            f"the certificate of {shown} cannot be verified", hint="AWS_CA_BUNDLE names a file of authorities"
        )
    if isinstance(error, boto.ProxyConnectionError):
        return HermesError(f"{shown} cannot be reached through the proxy", hint="check HTTPS_PROXY")
    if isinstance(error, (boto.ReadTimeoutError, boto.ConnectTimeoutError)):
        return HermesError(f"{shown} does not answer in time", hint="check the network, and run it again")
    if isinstance(error, (boto.ConnectionError, boto.HTTPClientError)):
        setting = named[0] if named and named[1] == shown else "the endpoint-url"
        return HermesError(f"{shown} cannot be reached", hint=f"check the network and {setting}")
    # botocore raises a plain ValueError for an endpoint that is not a URL at all.
    if isinstance(error, (ValueError, boto.EndpointProviderError)):
        what = f"{named[0]} is {named[1]}, which" if named else shown
        return InvalidInput(
            f"{place.url}: {what} is not a URL of a store", hint="it starts with http:// or https://"
        )
    return HermesError(f"{place.url}: the store's client failed ({type(error).__name__})", hint="see --debug")


def _log_in(message: str, place: S3Location) -> AccessDenied:
    option = place.profile_option
    return AccessDenied(message, hint=f"aws sso login{option}, or aws configure{option}")


def _wrong_region(error: ClientError, place: S3Location) -> AccessDenied:
    found = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region")
    region = found or error.response.get("Error", {}).get("Region")
    there = f"region {region}" if region else "another region"
    here = f", not in {place.region}" if place.region else ""
    return AccessDenied(
        f"bucket {place.bucket} is in {there}{here}",
        hint=f'write region = "{region or "…"}" into this environment in hermes.toml',
    )


def _denied(error: ClientError, place: S3Location) -> AccessDenied:
    owner = place.expected_bucket_owner
    whose = f"; the bucket may also belong to another account than {owner}" if owner else ""
    return AccessDenied(
        f"access to {place.url} is denied ({error.operation_name})",
        hint="the credentials need s3:GetObject, s3:PutObject and s3:ListBucket "
        f"(without s3:ListBucket an object that is not there looks like this){whose}",
        detail=_said(error),
    )


def _region_or_endpoint(place: S3Location, endpoint: str) -> str:
    return f"{without_secrets(endpoint)}" + (f", region {place.region}" if place.region else "")


def _said(error: ClientError) -> str | None:
    return error.response.get("Error", {}).get("Message") or None
