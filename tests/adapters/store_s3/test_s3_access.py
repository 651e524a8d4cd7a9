"""What is said where S3 cannot be used, and how a role is assumed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hermes_cli.adapters.store_s3 import S3Store
from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput
from servers import ACCESS_KEY, SECRET_KEY, Answer, Request, answering

pytestmark = pytest.mark.usefixtures("s3_client")
ROLE = "arn:aws:iam::111122223333:role/deployer"


def error(status: int, code: str, more: str = "") -> Answer:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>so it is</Message>{more}</Error>'
    return Answer(status=status, body=body.encode())


def refusal(store: S3Store, verb: Callable[[S3Store], object] = lambda store: store.get("a")) -> HermesError:
    with pytest.raises(HermesError) as raised:
        verb(store)
    told = raised.value
    text = f"{told.message} {told.hint} {told.detail}"
    assert SECRET_KEY not in text
    assert "hunter2" not in text
    assert told.hint
    return told


REGION_HEADER = {"x-amz-bucket-region": "eu-west-1"}


@pytest.mark.parametrize(
    ("answer", "kind", "says", "hint"),
    [
        (error(403, "AccessDenied"), AccessDenied, "access to s3://bucket/p is denied", "s3:ListBucket"),
        (Answer(status=403), AccessDenied, "access to s3://bucket/p is denied", "s3:ListBucket"),
        (error(404, "NoSuchBucket"), AccessDenied, "bucket bucket does not exist (http://", "hermes.toml"),
        (error(400, "ExpiredToken"), AccessDenied, "have expired", "aws sso login --profile team"),
        (error(400, "InvalidToken"), AccessDenied, "not valid", "aws sso login --profile team"),
        (
            error(403, "InvalidAccessKeyId"),
            AccessDenied,
            "access key is not known",
            "aws configure --profile",
        ),
        (error(403, "SignatureDoesNotMatch"), AccessDenied, "does not fit", "aws configure --profile team"),
        (error(403, "RequestTimeTooSkewed"), AccessDenied, "clock is wrong", "clock"),
        (error(400, "KMS.NotFoundException"), AccessDenied, "encryption key", "kms-key-id"),
        (error(501, "NotImplemented"), HermesError, "does not support conditional writes", "If-None-Match"),
        (error(400, "MalformedXML"), HermesError, "refused a request (GetObject: 400 MalformedXML)", "again"),
        (error(503, "ServiceUnavailable"), HermesError, "keeps failing (GetObject: 503", "again"),
        (
            Answer(status=301, body=error(301, "PermanentRedirect").body, headers=REGION_HEADER),
            AccessDenied,
            "bucket bucket is in region eu-west-1, not in us-west-2",
            'region = "eu-west-1"',
        ),
        (
            error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            AccessDenied,
            "bucket bucket is in region eu-west-1, not in us-west-2",
            'region = "eu-west-1"',
        ),
        (
            error(400, "IllegalLocationConstraintException"),
            AccessDenied,
            "bucket bucket is in another region, not in us-west-2",
            "region =",
        ),
    ],
    ids=lambda value: value.body.decode()[27:60] if isinstance(value, Answer) else "",
)
def test_what_the_server_refuses_is_said(
    answer: Answer, kind: type, says: str, hint: str, aws_files: Path
) -> None:
    aws_files.write_text(
        f"[profile team]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    )
    with answering(lambda _: answer) as server:
        store = S3Store(
            bucket="bucket", prefix="p", region="us-west-2", profile="team", endpoint_url=server.url
        )
        told = refusal(store)
    assert type(told) is kind
    assert says in told.message
    assert told.hint is not None
    assert hint in told.hint


def in_ireland(request: Request) -> Answer:
    if "/eu-west-1/s3/" in request.headers["Authorization"]:
        return Answer(body=b"1", headers={"ETag": '"1"'})
    return Answer(status=301, body=error(301, "PermanentRedirect").body, headers=REGION_HEADER)


def test_a_bucket_is_found_where_no_region_is_named() -> None:
    with answering(in_ireland) as server:
        found = S3Store(bucket="bucket", endpoint_url=server.url).get("a")
    assert found is not None
    assert found.data == b"1"


def test_a_bucket_is_not_looked_for_outside_the_named_region(s3_client: str) -> None:
    with answering(in_ireland) as server:
        told = refusal(S3Store(bucket="bucket", region="us-west-2", endpoint_url=server.url))
    assert isinstance(told, AccessDenied)
    # What obstore is told, boto3 is told again.
    assert len(server.requests) == (1 if s3_client == "boto3" else 2)
    assert all("/us-west-2/s3/" in request.headers["Authorization"] for request in server.requests)


def test_a_refused_owner_is_mentioned() -> None:
    with answering(lambda _: error(403, "AccessDenied")) as server:
        told = refusal(
            S3Store(bucket="bucket", endpoint_url=server.url, expected_bucket_owner="111122223333")
        )
    assert "111122223333" in str(told.hint)
    assert told.detail == "so it is"


def test_without_credentials_nothing_is_asked(aws_files: Path) -> None:
    with answering(lambda _: Answer()) as server:
        told = refusal(S3Store(bucket="bucket", endpoint_url=server.url))
        assert isinstance(told, AccessDenied)
        assert told.message == "no AWS credentials were found for s3://bucket"
        told = refusal(S3Store(bucket="bucket", endpoint_url=server.url, role_arn=ROLE))
        assert told.message == "no AWS credentials were found for s3://bucket"
    assert server.requests == []


def test_half_of_the_credentials_are_not_enough(aws_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    told = refusal(S3Store(bucket="bucket"))
    assert isinstance(told, AccessDenied)
    assert "incomplete" in told.message


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(S3Store(bucket="bucket", profile="absent"))
    assert isinstance(told, AccessDenied)
    assert told.message == "there is no AWS profile absent"
    monkeypatch.setenv("AWS_PROFILE", "elsewhere")
    assert refusal(S3Store(bucket="bucket")).message == "there is no AWS profile elsewhere"


def test_an_expired_login_says_how_to_log_in(aws_files: Path) -> None:
    aws_files.write_text(
        "[profile team]\nsso_start_url = https://hermes-tests.invalid/start\nsso_region = us-east-1\n"
        "sso_account_id = 111122223333\nsso_role_name = deployer\n"
    )
    told = refusal(S3Store(bucket="bucket", profile="team"))
    assert isinstance(told, AccessDenied)
    assert told.message == "the AWS login has expired"
    assert told.hint == "aws sso login --profile team"


def test_what_a_credential_process_says_is_not_repeated(aws_files: Path) -> None:
    aws_files.write_text("[profile team]\ncredential_process = sh -c 'echo hunter2 >&2; exit 1'\n")
    told = refusal(S3Store(bucket="bucket", profile="team"))
    assert isinstance(told, AccessDenied)
    assert "could not be fetched" in told.message


def test_an_aws_file_that_does_not_parse_is_said(aws_files: Path) -> None:
    aws_files.write_text("[profile team\nsecret = hunter2")
    told = refusal(S3Store(bucket="bucket", profile="team"))
    assert isinstance(told, AccessDenied)
    assert "configuration file" in told.message


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        told = refusal(S3Store(bucket="bucket", endpoint_url=f"http://user:hunter2@127.0.0.1:{port}/x"))
    assert type(told) is HermesError
    assert told.message == f"http://127.0.0.1:{port} cannot be reached"
    assert "endpoint-url of this environment" in (told.hint or "")


def test_an_endpoint_of_a_variable_is_named_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert (
        refusal(S3Store(bucket="bucket", region="eu-west-1")).hint == "check the network and AWS_ENDPOINT_URL"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "me:hunter2@127.0.0.1:5866")
    told = refusal(S3Store(bucket="bucket", region="eu-west-1"))
    assert isinstance(told, InvalidInput)
    assert told.message == "s3://bucket: AWS_ENDPOINT_URL_S3 is 127.0.0.1:5866, which is not a URL of a store"
    assert told.hint == "begin it with http:// or https://"


@pytest.mark.parametrize(
    "url", ["localhost", "user:hunter2@localhost:9000", "http://", "http://localhost/x?y=hunter2"]
)
def test_an_endpoint_that_is_no_url_is_bad_input(url: str) -> None:
    told = refusal(S3Store(bucket="bucket", endpoint_url=url))
    assert isinstance(told, InvalidInput)
    assert "is not a URL" in told.message
    assert "endpoint-url of this environment" in told.message
    assert "hunter2" not in told.message


def test_settings_that_make_no_sense_are_bad_input() -> None:
    assert isinstance(refusal(S3Store(bucket="not a bucket")), InvalidInput)
    assert isinstance(refusal(S3Store(bucket="bucket", region="not a region")), InvalidInput)


def assumed(number: int, lives: timedelta) -> Answer:
    until = (datetime.now(UTC) + lives).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <Credentials><AccessKeyId>ASSUMED{number}</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey>
        <SessionToken>token{number}</SessionToken><Expiration>{until}</Expiration></Credentials>
        <AssumedRoleUser><AssumedRoleId>A:hermes</AssumedRoleId><Arn>{ROLE}/hermes</Arn></AssumedRoleUser>
        </AssumeRoleResult></AssumeRoleResponse>"""
    return Answer(body=body.encode())


@pytest.mark.parametrize(("lives", "used"), [(timedelta(hours=1), [1, 1]), (timedelta(minutes=1), [1, 2])])
def test_a_role_is_assumed_and_again_before_it_expires(
    lives: timedelta, used: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def sts(request: Request) -> Answer:
        asked.append(request.body)
        return assumed(len(asked), lives)

    with answering(sts) as tokens, answering(lambda _: error(404, "NoSuchKey")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", tokens.url)
        store = S3Store(bucket="bucket", endpoint_url=server.url, role_arn=ROLE)
        assert store.get("a") is None
        assert store.get("a") is None
    assert f"Credential={ACCESS_KEY}/" in tokens.requests[0].headers["Authorization"]
    assert b"RoleSessionName=hermes" in asked[0]
    for request, number in zip(server.requests, used, strict=True):
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert f"Credential=ASSUMED{number}/" in headers["authorization"]
        assert headers["x-amz-security-token"] == f"token{number}"


def test_a_role_that_may_not_be_assumed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"<E><Error><Code>AccessDenied</Code><Message>not you</Message></Error></E>"
    with answering(lambda _: Answer(status=403, body=body)) as tokens:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", tokens.url)
        told = refusal(S3Store(bucket="bucket", endpoint_url=tokens.url, role_arn=ROLE))
    assert isinstance(told, AccessDenied)
    assert told.message == f"the role {ROLE} cannot be assumed"
    assert told.detail == "not you"
