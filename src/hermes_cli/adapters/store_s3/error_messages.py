"""Translate botocore's errors to one sentence and the next step, without any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput

from .location import S3Location, scheme_and_host

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
    """Return the code by which S3 names an error; the status where the answer has no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_region_error(error: ClientError) -> bool:
    """Return whether an answer says that the bucket is in another region."""
    return code_of(error) in _WRONG_REGION


def is_credential_error(error: ClientError) -> bool:
    """Return whether an answer refuses the credentials themselves, and not their permissions."""
    return code_of(error) in _EXPIRED | _UNKNOWN_KEY | _BAD_TOKEN | {"SignatureDoesNotMatch"}


def translate_answer(error: ClientError, location: S3Location, endpoint: str) -> HermesError:
    """Translate an answer of S3 or of STS."""
    code, status = code_of(error), status_of(error)
    if code == "NoSuchBucket":
        server = _region_or_endpoint(location, endpoint)
        return AccessDenied(
            f"bucket {location.bucket} does not exist ({server})",
            hint="check bucket, region and endpoint-url of this environment in hermes.toml",
        )
    if code in _WRONG_REGION:
        return _region_denied(error, location)
    if code in _EXPIRED:
        return _login_needed("the AWS credentials have expired", location)
    if code in _BAD_TOKEN:
        return _login_needed("the AWS session token is not valid", location)
    if code in _UNKNOWN_KEY or code == "SignatureDoesNotMatch":
        wrong = (
            "access key is not known" if code in _UNKNOWN_KEY else "secret key does not fit the access key"
        )
        return AccessDenied(
            f"the AWS {wrong} at {scheme_and_host(endpoint)}",
            hint=f"aws configure{location.profile_option}, or correct the AWS_* variables",
        )
    if code == "RequestTimeTooSkewed":
        return AccessDenied(
            "this machine's clock is wrong, so AWS refuses its requests",
            hint="compare with date -u, and set the clock",
        )
    if error.operation_name == "AssumeRole" and status < 500:
        return AccessDenied(
            f"the role {location.role_arn} cannot be assumed",
            hint=f"aws sts get-caller-identity{location.profile_option}",
            detail=_message_of(error),
        )
    if code.startswith("KMS."):
        return AccessDenied(
            f"{location.url}: the encryption key {location.kms_key_id or 'of the bucket'} cannot be used",
            hint="check kms-key-id of this environment in hermes.toml",
            detail=_message_of(error),
        )
    if status in (401, 403):
        return _denied(error, location)
    if code in _NO_CONDITIONS:
        return HermesError(
            f"{scheme_and_host(endpoint)} does not support conditional writes, "
            "so a release could be overwritten",
            hint="use a store that honours If-None-Match and If-Match",
            detail=_message_of(error),
        )
    outcome = "keeps failing" if status >= 500 or status == 429 else "refused a request"
    return HermesError(
        f"{location.url}: the store {outcome} ({error.operation_name}: {status} {code})",
        hint="run the command again later",
        detail=_message_of(error),
    )


def translate_failure(error: BotoCoreError | ValueError, location: S3Location, endpoint: str) -> HermesError:
    """Translate an error for which botocore got no answer."""
    from botocore import exceptions as boto

    # The text of such an error may hold a proxy's password or a program's output: it is not shown.
    asked = error.kwargs.get("endpoint_url") if isinstance(error, boto.BotoCoreError) else None
    shown, named = scheme_and_host(asked or endpoint), location.named_endpoint
    if isinstance(error, boto.NoCredentialsError):
        return AccessDenied(
            f"no AWS credentials were found for {location.url}",
            hint=f"aws configure{location.profile_option}, or aws sso login{location.profile_option}",
        )
    if isinstance(error, boto.PartialCredentialsError):
        return AccessDenied(
            "the AWS credentials are incomplete: an access key and a secret key belong together",
            hint=f"aws configure{location.profile_option}",
        )
    if isinstance(error, boto.ProfileNotFound):
        name = location.profile_option.split()[-1] if location.profile_option else "default"
        return AccessDenied(
            f"there is no AWS profile {name}",
            hint=f"aws configure --profile {name} (aws configure list-profiles)",
        )
    if isinstance(error, (boto.SSOError, boto.TokenRetrievalError, boto.LoginError)):
        return AccessDenied("the AWS login has expired", hint=f"aws sso login{location.profile_option}")
    if isinstance(error, (boto.CredentialRetrievalError, boto.NoAuthTokenError, boto.MetadataRetrievalError)):
        return _login_needed("the AWS credentials could not be fetched", location)
    if isinstance(error, (boto.ConfigParseError, boto.ConfigNotFound)):
        return AccessDenied("the AWS configuration file cannot be read", hint="aws configure list")
    if isinstance(error, boto.ParamValidationError):
        return InvalidInput(
            f"{location.bucket!r} cannot be a bucket, or one of its settings is malformed",
            hint="check this environment in hermes.toml",
        )
    if isinstance(error, (boto.NoRegionError, boto.InvalidRegionError)):
        return InvalidInput(
            f"{location.url}: the region is missing or malformed",
            hint='write region = "eu-west-1" (say) into this environment in hermes.toml',
        )
    if isinstance(error, boto.SSLError):
        return HermesError(
            f"the certificate of {shown} cannot be verified",
            hint="set AWS_CA_BUNDLE to the file of your company's CA certificates",
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
        subject = f"{named[0]} is {named[1]}, which" if named else shown
        return InvalidInput(
            f"{location.url}: {subject} is not a URL of a store", hint="begin it with http:// or https://"
        )
    return HermesError(
        f"{location.url}: the store's client failed ({type(error).__name__})",
        hint="run it again with --debug",
    )


def _login_needed(message: str, location: S3Location) -> AccessDenied:
    option = location.profile_option
    return AccessDenied(message, hint=f"aws sso login{option}, or aws configure{option}")


def _region_denied(error: ClientError, location: S3Location) -> AccessDenied:
    found = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region")
    region = found or error.response.get("Error", {}).get("Region")
    there = f"region {region}" if region else "another region"
    here = f", not in {location.region}" if location.region else ""
    return AccessDenied(
        f"bucket {location.bucket} is in {there}{here}",
        hint=f'write region = "{region or "…"}" into this environment in hermes.toml',
    )


def _denied(error: ClientError, location: S3Location) -> AccessDenied:
    owner = location.expected_bucket_owner
    whose = f"; the bucket may also belong to another account than {owner}" if owner else ""
    return AccessDenied(
        f"access to {location.url} is denied ({error.operation_name})",
        hint="give the credentials s3:GetObject, s3:PutObject and s3:ListBucket "
        f"(without s3:ListBucket an absent object looks like this){whose}",
        detail=_message_of(error),
    )


def _region_or_endpoint(location: S3Location, endpoint: str) -> str:
    return f"{scheme_and_host(endpoint)}" + (f", region {location.region}" if location.region else "")


def _message_of(error: ClientError) -> str | None:
    return error.response.get("Error", {}).get("Message") or None
