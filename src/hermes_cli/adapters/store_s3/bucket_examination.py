"""Examine a bucket and the credentials for it: what works, what does not, and the fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from hermes_cli.domain.contract import retry_policy
from hermes_cli.domain.health_checks import Check, CheckStatus, failed, ok, problem, skipped, warning

from .boto3_client import FALLBACK_REGION, make_client, make_config, make_session
from .error_messages import (
    code_of,
    is_credential_error,
    is_region_error,
    status_of,
    translate_answer,
    translate_failure,
)
from .location import S3Location, is_amazons, scheme_and_host
from .protection import BLOCK, VERSIONING, public_access_block, versioning
from .s3_store import S3Store

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

CREDENTIALS, IDENTITY, BUCKET, REGION, OWNER, LISTING, CLOCK = (
    "credentials",
    "identity",
    "bucket",
    "region",
    "bucket owner",
    "listing",
    "clock",
)
_ORDER = (CREDENTIALS, IDENTITY, BUCKET, REGION, OWNER, LISTING, CLOCK, VERSIONING, BLOCK)
_MAX_SKEW = timedelta(minutes=5)  # AWS refuses a signature whose time is further off


def examine(store: S3Store, prefix: str) -> tuple[Check, ...]:
    """Check all that a store needs of its bucket; it writes nothing and raises nothing.

    `prefix` is the team's, as in keys. Amazon's STS is asked for the identity only where the bucket
    is on a server of Amazon's too.
    """
    examination = _Examination(store.location)
    examination.run("/".join(filter(None, (store.location.prefix, prefix))))
    return examination.checks()


class _Examination:
    """The checks of one bucket, in an order in which each may rely on those before it."""

    def __init__(self, location: S3Location) -> None:
        self._location = location
        self._endpoint = location.endpoint_url or "AWS"
        self._amazon = True
        self._found: dict[str, Check] = {}
        # Somebody waits for the answer, so it is given up early.
        self._policy = replace(retry_policy.S3, attempts=2)

    def checks(self) -> tuple[Check, ...]:
        """Return every check, also those that could not be made."""
        broken = [name for name in _ORDER if name in self._found and self._is_broken(name)]
        why = f"not checked: it needs the {broken[0]}" if broken else "not checked"
        return tuple(self._found.get(name) or skipped(name, why) for name in _ORDER)

    def run(self, prefix: str) -> None:
        """Make the checks."""
        session = self._find_credentials()
        if session is None:
            return
        client = self._connect()
        if client is None:
            return
        self._endpoint = client.meta.endpoint_url
        self._amazon = is_amazons(self._endpoint)
        self._identify(session)
        if self._list(client, prefix):
            self._note(versioning(client, self._location))
            self._note(public_access_block(client, self._location))

    def _note(self, check: Check) -> None:
        self._found[check.name] = check

    def _is_broken(self, name: str) -> bool:
        return self._found[name].verdict is CheckStatus.PROBLEM

    def _find_credentials(self) -> Session | None:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            session = boto3.Session(botocore_session=make_session(self._location, make_config(self._policy)))
            credentials = session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            credentials.get_frozen_credentials()  # it assumes the role or renews the login, if there is one
        except ClientError as error:
            self._note(failed(CREDENTIALS, translate_answer(error, self._location, "STS")))
            return None
        except BotoCoreError as error:
            self._note(failed(CREDENTIALS, translate_failure(error, self._location, "STS")))
            return None
        profile = f", profile {self._location.profile}" if self._location.profile else ""
        self._note(ok(CREDENTIALS, f"found ({credentials.method}{profile})"))
        return session

    def _connect(self) -> S3Client | None:
        from botocore.exceptions import BotoCoreError

        try:
            return make_client(self._location, self._policy)
        except (BotoCoreError, ValueError) as error:
            self._note(failed(BUCKET, translate_failure(error, self._location, self._endpoint)))
            return None

    def _identify(self, session: Session) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if not self._amazon:
            host = scheme_and_host(self._endpoint)
            self._note(skipped(IDENTITY, f"not asked: {host} is not a server of Amazon's"))
            return
        region = self._location.region or session.region_name or FALLBACK_REGION
        try:
            sts = session.client("sts", region_name=region, config=make_config(self._policy))
            answer = sts.get_caller_identity()
        except ClientError as error:
            name = CREDENTIALS if is_credential_error(error) else IDENTITY
            self._note(failed(name, translate_answer(error, self._location, "STS")))
        except (BotoCoreError, ValueError) as error:
            failure = translate_failure(error, self._location, "STS")
            self._note(skipped(IDENTITY, f"not known: {failure.message}", failure.hint))
        else:
            self._note(ok(IDENTITY, f"account {answer['Account']}, {answer['Arn']}"))

    def _list(self, client: S3Client, prefix: str) -> bool:
        """Ask for one key below the team's prefix: the least that a policy for teams allows."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = client.list_objects_v2(**self._location.request, Prefix=prefix, MaxKeys=1)
        except ClientError as error:
            self._check_clock(_headers(error.response))
            self._note_refusal(error, client, prefix)
            return False
        except (BotoCoreError, ValueError) as error:
            self._note(failed(BUCKET, translate_failure(error, self._location, self._endpoint)))
            return False
        headers = _headers(answer)
        self._note(ok(BUCKET, f"{self._location.url} answers"))
        self._note(ok(LISTING, f"objects below {prefix} can be listed"))
        self._check_clock(headers)
        self._check_region(client.meta.region_name, headers.get("x-amz-bucket-region"))
        self._check_owner()
        return True

    def _note_refusal(self, error: ClientError, client: S3Client, prefix: str) -> None:
        refusal = translate_answer(error, self._location, self._endpoint)
        if is_credential_error(error):
            self._note(failed(CREDENTIALS, refusal))
        elif is_region_error(error):
            self._note(failed(REGION, refusal))
        elif code_of(error) == "RequestTimeTooSkewed":
            if not self._is_broken(CLOCK):  # that check says how far it is off
                self._note(failed(CLOCK, refusal))
        elif status_of(error) == 403:
            self._note(ok(BUCKET, f"{self._location.url} answers"))
            owner = self._location.expected_bucket_owner
            if owner and self._answers_without_owner(client, prefix):
                self._note(
                    problem(
                        OWNER,
                        f"bucket {self._location.bucket} does not belong to account {owner}",
                        "do not deploy there; correct bucket or expected-bucket-owner in hermes.toml",
                    )
                )
            else:
                self._note(failed(LISTING, refusal))
        else:
            self._note(failed(BUCKET, refusal))

    def _answers_without_owner(self, client: S3Client, prefix: str) -> bool:
        # S3 answers the same for another owner and for a missing permission; this request shows which it is.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client.list_objects_v2(Bucket=self._location.bucket, Prefix=prefix, MaxKeys=1)
        except (BotoCoreError, ClientError):
            return False
        return True

    def _check_clock(self, headers: Mapping[str, str]) -> None:
        try:
            server_time = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            self._note(skipped(CLOCK, "the server does not say what time it is"))
            return
        off = datetime.now(UTC) - server_time
        seconds = round(abs(off).total_seconds())
        if abs(off) > _MAX_SKEW:
            side = "ahead of" if off > timedelta(0) else "behind"
            self._note(
                problem(
                    CLOCK,
                    f"this machine is {seconds // 60} minutes {side} the server, and signatures "
                    "that are more than 5 minutes off are refused",
                    "set the clock: sudo timedatectl set-ntp true (Linux), sudo sntp -sS time.apple.com (macOS)",
                )
            )
        else:
            self._note(ok(CLOCK, f"{seconds} s from the server's"))

    def _check_region(self, used: str, actual: str | None) -> None:
        if not self._amazon and actual is None:
            self._note(ok(REGION, f"answers to {used}"))
        elif actual is None or actual == used:
            self._note(ok(REGION, used))
        else:
            self._note(
                warning(
                    REGION,
                    f"the bucket is in {actual}, and requests go to {used} first",
                    f'write region = "{actual}" into this environment in hermes.toml',
                )
            )

    def _check_owner(self) -> None:
        owner = self._location.expected_bucket_owner
        if owner:
            self._note(ok(OWNER, f"account {owner}, as expected"))
        elif self._amazon:
            fix = 'write expected-bucket-owner = "<its account>" into this environment in hermes.toml'
            self._note(warning(OWNER, "a deploy would go into a bucket of this name, whoever owns it", fix))
        else:
            self._note(skipped(OWNER, "expected-bucket-owner is not set"))


def _headers(answer: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers
