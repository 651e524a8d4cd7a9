"""What is found out about a bucket, and the fix that is offered."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hermes_cli.adapters.store_s3 import S3Store, examine
from hermes_cli.adapters.store_s3.location import is_amazons
from hermes_cli.domain.health_checks import Check, CheckStatus
from servers import ACCESS_KEY, SECRET_KEY, Answer, Request, S3Server, ScriptedServer, answering

LISTED = Answer(body=b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
VERSIONED = Answer(body=b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
WHO = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::111122223333:assumed-role/deployer/hermes</Arn><UserId>AROA:hermes</UserId>
<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


def error(status: int, code: str) -> Answer:
    return Answer(status=status, body=f"<Error><Code>{code}</Code><Message>so</Message></Error>".encode())


def block(*off: str) -> Answer:
    rows = "".join(f"<{name}>{str(name not in off).lower()}</{name}>" for name in SETTINGS)
    whole = f"<PublicAccessBlockConfiguration>{rows}</PublicAccessBlockConfiguration>"
    return Answer(body=whole.encode())


GOOD = {"list": LISTED, "versioning": VERSIONED, "publicAccessBlock": block()}


@contextmanager
def telling(
    answers: Mapping[str, Answer | Callable[[Request], Answer]],
) -> Iterator[ScriptedServer]:
    """A server that answers each question as it is told; `list` is any other."""

    def answer(request: Request) -> Answer:
        asked = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        told = answers[next((name for name in answers if name in asked), "list")]
        return told if isinstance(told, Answer) else told(request)

    with answering(answer) as server:
        yield server


def found(store: S3Store) -> dict[str, Check]:
    checks = examine(store, "growth/")
    text = " ".join(f"{check.seen} {check.fix}" for check in checks)
    assert SECRET_KEY not in text
    assert "hunter2" not in text
    assert len({check.name for check in checks}) == 9
    for check in checks:
        assert check.seen
        assert check.fix or check.verdict in (CheckStatus.OK, CheckStatus.SKIPPED), check
    return {check.name: check for check in checks}


def verdicts(checks: Mapping[str, Check]) -> dict[str, str]:
    return {name: check.verdict.value for name, check in checks.items()}


def examined(answers: Mapping[str, Answer | Callable[[Request], Answer]], **place: Any) -> dict[str, Check]:
    with telling(answers) as server:
        checks = found(S3Store(bucket="bucket", endpoint_url=server.url, **place))
    assert {request.method for request in server.requests} <= {"GET"}
    return checks


def test_a_real_server(s3_server: S3Server, aws_files: Path) -> None:
    aws_files.write_text(
        f"[profile team]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    )
    bucket = s3_server.make_bucket(f"examined-{uuid.uuid4().hex[:12]}")
    store = S3Store(bucket=bucket, prefix="p", profile="team", endpoint_url=s3_server.url)
    checks = found(store)
    assert checks["credentials"].seen == "found (config-file, profile team)"
    assert checks["clock"].seen.endswith(" s from the server's")
    assert verdicts(checks) == {
        "credentials": "ok",
        "identity": "skipped",
        "bucket": "ok",
        "region": "ok",
        "bucket owner": "skipped",
        "listing": "ok",
        "clock": "ok",
        "versioning": "warning",
        "public access block": "skipped",
    }
    assert checks["public access block"].seen == "not known: this server does not support it"
    assert checks["listing"].seen == "objects below p/growth/ can be listed"
    client = s3_server.client()
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert found(store)["versioning"].verdict is CheckStatus.OK
    assert client.list_object_versions(Bucket=bucket).get("Versions") is None


def test_all_is_well() -> None:
    checks = examined(GOOD, expected_bucket_owner="111122223333")
    assert set(verdicts(checks).values()) == {"ok", "skipped"}
    assert [name for name, check in checks.items() if check.verdict is CheckStatus.SKIPPED] == ["identity"]
    assert re.fullmatch(
        r"not asked: http://127\.0\.0\.1:\d+ is not a server of Amazon's", checks["identity"].seen
    )


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off(hours: int) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    for listed in (LISTED, error(403, "RequestTimeTooSkewed")):
        answer = Answer(status=listed.status, body=listed.body, headers={"Date": date})
        clock = examined({**GOOD, "list": answer})["clock"]
        assert clock.verdict is CheckStatus.PROBLEM
        assert re.search(r"\b(59|60) minutes " + ("ahead of" if hours < 0 else "behind"), clock.seen)
        assert clock.fix is not None
        assert "timedatectl" in clock.fix


def test_a_clock_four_minutes_off_is_good_enough() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=4), usegmt=True)
    assert examined({**GOOD, "list": Answer(body=LISTED.body, headers={"Date": date})})["clock"].verdict is (
        CheckStatus.OK
    )


@pytest.mark.parametrize("status", ["Suspended", ""])
def test_versioning_that_is_not_on(status: str) -> None:
    row = f"<Status>{status}</Status>" if status else ""
    answer = Answer(body=f"<VersioningConfiguration>{row}</VersioningConfiguration>".encode())
    check = examined({**GOOD, "versioning": answer})["versioning"]
    assert check.verdict is CheckStatus.WARNING
    assert check.seen.startswith((status or "off").lower())
    assert check.fix is not None
    assert check.fix.startswith("aws s3api put-bucket-versioning --bucket bucket ")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (error(404, "NoSuchPublicAccessBlockConfiguration"), "off: "),
        (block(*SETTINGS), "off: "),
        (block("BlockPublicPolicy"), "BlockPublicPolicy off: "),
    ],
    ids=["none", "all off", "one off"],
)
def test_public_access_that_is_not_blocked(answer: Answer, seen: str) -> None:
    check = examined({**GOOD, "publicAccessBlock": answer})["public access block"]
    assert check.verdict is CheckStatus.WARNING
    assert check.seen.startswith(seen)
    assert check.fix is not None
    assert all(f"{name}=true" in check.fix for name in SETTINGS)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (error(403, "AccessDenied"), "these credentials may not ask (s3:Get"),
        (error(501, "NotImplemented"), "this server does not support it"),
        (error(400, "Strange"), "the server answered 400 Strange"),
    ],
)
def test_what_may_not_be_asked_is_no_problem(answer: Answer, why: str) -> None:
    checks = examined({**GOOD, "versioning": answer, "publicAccessBlock": answer})
    for name in ("versioning", "public access block"):
        assert checks[name].verdict is CheckStatus.SKIPPED
        assert why in checks[name].seen


@pytest.mark.parametrize(
    ("answer", "name", "fix"),
    [
        (error(404, "NoSuchBucket"), "bucket", "check bucket"),
        (error(403, "AccessDenied"), "listing", "s3:ListBucket"),
        (error(400, "ExpiredToken"), "credentials", "aws sso login"),
        (error(403, "InvalidAccessKeyId"), "credentials", "aws configure"),
        (error(400, "IllegalLocationConstraintException"), "region", "region ="),
        (error(503, "SlowDown"), "bucket", "again"),
    ],
    ids=lambda value: value.body.decode()[13:40] if isinstance(value, Answer) else str(value),
)
def test_a_bucket_that_cannot_be_used(answer: Answer, name: str, fix: str) -> None:
    checks = examined({**GOOD, "list": answer}, region="us-west-2")
    problems = {n for n, check in checks.items() if check.verdict is CheckStatus.PROBLEM}
    assert problems == {name}
    assert fix in (checks[name].fix or "")
    assert checks["versioning"].seen == f"not checked: it needs the {name}"
    assert checks["clock"].verdict is CheckStatus.OK


def test_a_bucket_of_another_account_is_told_from_a_missing_permission() -> None:
    def owned(request: Request) -> Answer:
        return error(403, "AccessDenied") if "x-amz-expected-bucket-owner" in request.headers else LISTED

    checks = examined({**GOOD, "list": owned}, expected_bucket_owner="111122223333")
    assert checks["bucket owner"].verdict is CheckStatus.PROBLEM
    assert checks["bucket owner"].seen == "bucket bucket does not belong to account 111122223333"
    assert checks["listing"].verdict is CheckStatus.SKIPPED
    denied = examined({**GOOD, "list": error(403, "AccessDenied")}, expected_bucket_owner="111122223333")
    assert denied["listing"].verdict is CheckStatus.PROBLEM
    assert denied["bucket owner"].verdict is CheckStatus.SKIPPED


def test_a_bucket_that_is_found_in_another_region() -> None:
    answer = Answer(body=LISTED.body, headers={"x-amz-bucket-region": "eu-west-1"})
    region = examined({**GOOD, "list": answer})["region"]
    assert region.verdict is CheckStatus.WARNING
    assert region.seen == "the bucket is in eu-west-1, and requests go to us-east-1 first"
    assert 'region = "eu-west-1"' in (region.fix or "")
    assert examined({**GOOD, "list": answer}, region="eu-west-1")["region"].seen == "eu-west-1"


def test_no_credentials(aws_files: Path) -> None:
    with telling(GOOD) as server:
        checks = found(S3Store(bucket="bucket", endpoint_url=server.url))
    assert server.requests == []
    assert checks["credentials"].verdict is CheckStatus.PROBLEM
    assert "aws configure" in (checks["credentials"].fix or "")
    assert {check.seen for name, check in checks.items() if name != "credentials"} == {
        "not checked: it needs the credentials"
    }


def test_a_profile_that_is_not_there(aws_files: Path) -> None:
    checks = found(S3Store(bucket="bucket", profile="nobody"))
    assert checks["credentials"].seen == "there is no AWS profile nobody"


def test_an_endpoint_that_is_none() -> None:
    checks = found(S3Store(bucket="bucket", endpoint_url="user:hunter2@nowhere"))
    assert checks["bucket"].verdict is CheckStatus.PROBLEM
    assert checks["bucket"].fix == "begin it with http:// or https://"


@contextmanager
def as_amazon(answers: Mapping[str, Answer], monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server that is taken for Amazon's own, for S3 and for STS."""
    everything = {**answers}

    def answer(request: Request) -> Answer:
        if b"GetCallerIdentity" in request.body:
            return everything["who"]
        asked = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        return everything[next((name for name in everything if name in asked), "list")]

    with answering(answer) as server:
        monkeypatch.setattr("hermes_cli.adapters.store_s3.bucket_examination.is_amazons", lambda _: True)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def test_whose_credentials_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with as_amazon({**GOOD, "who": Answer(body=WHO)}, monkeypatch):
        checks = found(S3Store(bucket="bucket"))
    seen = checks["identity"].seen
    assert seen == "account 111122223333, arn:aws:sts::111122223333:assumed-role/deployer/hermes"
    assert checks["bucket owner"].verdict is CheckStatus.WARNING
    assert "expected-bucket-owner" in (checks["bucket owner"].fix or "")


def test_sts_that_does_not_know_them(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>"
    with as_amazon({**GOOD, "who": Answer(status=403, body=refused)}, monkeypatch):
        checks = found(S3Store(bucket="bucket"))
    assert checks["credentials"].verdict is CheckStatus.PROBLEM
    assert checks["credentials"].seen == "the AWS access key is not known at STS"


def test_sts_that_is_out_of_reach_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with as_amazon(GOOD, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
        checks = found(S3Store(bucket="bucket"))
    assert checks["identity"].verdict is CheckStatus.SKIPPED
    assert checks["identity"].seen.startswith("not known: ")
    assert checks["versioning"].verdict is CheckStatus.OK


@pytest.mark.parametrize(
    ("host", "amazon"),
    [
        ("s3.eu-west-1.amazonaws.com", True),
        ("bucket.s3.dualstack.eu-west-1.amazonaws.com", True),
        ("s3.cn-north-1.amazonaws.com.cn", True),
        ("vpce-1.s3.us-east-1.vpce.amazonaws.com", True),
        ("s3.eu-west-1.api.aws", True),
        ("notamazonaws.com", False),
        ("amazonaws.com.example", False),
        ("127.0.0.1", False),
    ],
)
def test_which_servers_are_amazons(host: str, amazon: bool) -> None:
    assert is_amazons(f"https://{host}:443") is amazon
