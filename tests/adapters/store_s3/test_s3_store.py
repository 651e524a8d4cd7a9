"""What is special to S3: retries, lost answers, broken bodies, what is sent, and a store that lies."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hermes_cli.adapters.store_s3 import S3Store, boto3_bucket
from hermes_cli.domain.contract import retry_policy
from hermes_cli.domain.contract.errors import AccessDenied, HermesError
from hermes_cli.domain.contract.store import StoredObject
from servers import Answer, Request, S3Server, ScriptedServer, answering

pytestmark = pytest.mark.usefixtures("s3_client")
TAG = '"0123456789abcdef0123456789abcdef"'


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "S3", replace(retry_policy.S3, backoff=0.0))


def error(status: int, code: str) -> Answer:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>so it is</Message></Error>'
    return Answer(status=status, body=body.encode())


def tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def stored(data: bytes, *, cut: int | None = None) -> Answer:
    told = {"ETag": tag(data), "Last-Modified": "Sat, 03 Feb 2001 04:05:06 GMT"}
    return Answer(body=data, headers=told, cut=cut)


WRITTEN = Answer(headers={"ETag": TAG})
CONFLICT = error(409, "ConditionalRequestConflict")
EXISTS = error(412, "PreconditionFailed")
ABSENT = error(404, "NoSuchKey")
BROKEN = error(500, "InternalError")


@contextmanager
def telling(*answers: Answer) -> Iterator[tuple[S3Store, ScriptedServer]]:
    """A store whose server gives these answers in turn, and the last one for ever."""
    left = list(answers)
    with answering(lambda _: left.pop(0) if len(left) > 1 else left[0]) as server:
        yield S3Store(bucket="bucket", endpoint_url=server.url), server


def methods(server: ScriptedServer) -> list[str]:
    return [request.method for request in server.requests]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([CONFLICT, CONFLICT, WRITTEN], ["PUT"] * 3),
        ([BROKEN, BROKEN, WRITTEN], ["PUT"] * 3),
        ([BROKEN, EXISTS, stored(b"mine")], ["PUT", "PUT", "GET"]),
        ([EXISTS, ABSENT, WRITTEN], ["PUT", "GET", "PUT"]),
        ([EXISTS, stored(b"mine", cut=2), stored(b"mine")], ["PUT", "GET", "GET"]),
    ],
    ids=["conflicts", "server errors", "lost answer", "removed meanwhile", "broken body"],
)
def test_a_creation_goes_on_until_it_is_known_to_be_done(answers: list[Answer], asked: list[str]) -> None:
    with telling(*answers) as (store, server):
        assert store.put_new("a", b"mine") is None
    assert methods(server) == asked
    for request in server.requests:
        if request.method == "PUT":
            assert request.headers["If-None-Match"] == "*"
            assert request.body == b"mine"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([CONFLICT, WRITTEN], ["PUT"] * 2),
        ([BROKEN, EXISTS, stored(b"mine")], ["PUT", "PUT", "GET"]),
    ],
    ids=["conflict", "lost answer"],
)
def test_a_replacement_goes_on_until_it_is_known_to_be_done(answers: list[Answer], asked: list[str]) -> None:
    with telling(*answers) as (store, server):
        assert store.replace_if("a", b"mine", TAG) is None
    assert methods(server) == asked
    assert server.requests[0].headers["If-Match"] == TAG


def test_what_another_one_wrote_is_returned() -> None:
    with telling(EXISTS, stored(b"theirs")) as (store, _):
        assert store.put_new("a", b"mine") == StoredObject(data=b"theirs", etag=tag(b"theirs"))
    with telling(EXISTS, stored(b"theirs")) as (store, _):
        assert store.replace_if("a", b"mine", '"old"') == StoredObject(data=b"theirs", etag=tag(b"theirs"))


@pytest.mark.parametrize(
    ("verb", "answers"),
    [
        (lambda store: store.put_new("a", b"mine"), [CONFLICT]),
        (lambda store: store.put_new("a", b"mine"), [BROKEN]),
        (lambda store: store.put_new("a", b"mine"), [EXISTS, ABSENT] * 10),
        (lambda store: store.get("a"), [stored(b"mine", cut=2)]),
        (lambda store: store.get("a"), [BROKEN]),
        (lambda store: list(store.list("")), [BROKEN]),
    ],
)
def test_what_keeps_failing_is_a_failure(verb: Callable[[S3Store], object], answers: list[Answer]) -> None:
    with telling(*answers) as (store, server), pytest.raises(HermesError) as raised:
        verb(store)
    assert type(raised.value) is HermesError
    assert raised.value.message.startswith("s3://bucket")
    assert len(server.requests) > 3


def test_the_retry_policy_says_how_often_the_store_is_asked(
    s3_client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = replace(retry_policy.S3, attempts=2, own_attempts=3)
    monkeypatch.setattr(retry_policy, "S3", policy)
    before = 0 if s3_client == "boto3" else 1  # obstore asks once, and leaves the rest to boto3
    for answer, asked in ((BROKEN, 2), (CONFLICT, 3)):
        with telling(answer) as (store, server), pytest.raises(HermesError):
            store.put_new("a", b"mine")
        assert methods(server) == ["PUT"] * (before + asked)
    with telling(stored(b"mine", cut=2)) as (store, server), pytest.raises(HermesError):
        store.get("a")
    assert methods(server) == ["GET"] * (before + 3)


def test_a_body_that_breaks_off_is_read_again() -> None:
    with telling(stored(b"12345", cut=2), stored(b"12345", cut=0), stored(b"12345")) as (store, server):
        assert store.get("a") == StoredObject(data=b"12345", etag=tag(b"12345"))
    assert methods(server) == ["GET"] * 3


@pytest.mark.parametrize("answer", [error(403, "AccessDenied"), Answer(status=403), Answer(status=404)])
def test_only_one_answer_means_absent(answer: Answer) -> None:
    with telling(answer) as (store, _):
        with pytest.raises(HermesError):
            store.get("a")
        with pytest.raises(HermesError):
            store.put_new("a", b"")
        with pytest.raises(HermesError):
            store.replace_if("a", b"", TAG)
        with pytest.raises(HermesError):
            list(store.list(""))
    with telling(EXISTS, answer) as (store, _), pytest.raises(HermesError):
        store.put_new("a", b"")


@pytest.mark.parametrize("ignored", ["If-None-Match", "If-Match"])
def test_a_store_that_ignores_a_condition_is_refused_and_not_changed(ignored: str) -> None:
    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return stored(b"precious")
        return WRITTEN if ignored in request.headers else EXISTS

    with answering(answer) as server:
        store = S3Store(bucket="bucket", endpoint_url=server.url)
        with pytest.raises(HermesError, match="ignores conditional writes"):
            store.check_conditions("a")
    written = [request.body for request in server.requests if request.method == "PUT"]
    assert set(written) == {b"precious"}


def test_a_store_without_conditions_is_refused() -> None:
    missing = pytest.raises(HermesError, match="does not support conditional writes")
    with telling(stored(b"1"), error(501, "NotImplemented")) as (store, _), missing:
        store.check_conditions("a")


LISTING = (
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
    b"<KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
)


def test_every_request_says_whose_bucket_it_must_be_and_writes_name_the_key() -> None:
    def answer(request: Request) -> Answer:
        if request.method == "PUT":
            return EXISTS
        return Answer(body=LISTING) if "list-type" in request.path else stored(b"1")

    with answering(answer) as server:
        store = S3Store(
            bucket="bucket",
            endpoint_url=server.url,
            expected_bucket_owner="111122223333",
            kms_key_id="alias/k",
        )
        store.now()
        list(store.list(""))
        store.put_new("a", b"2")
        store.replace_if("a", b"2", TAG)
        store.check_conditions("a")
    assert len(server.requests) >= 9
    for request in server.requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["x-amz-expected-bucket-owner"] == "111122223333"
        if request.method == "PUT":
            assert headers["x-amz-server-side-encryption"] == "aws:kms"
            assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/k"


@pytest.mark.parametrize("source", ["option", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "profile"])
def test_an_endpoint_has_the_bucket_in_the_path(
    source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with answering(lambda _: ABSENT) as server:
        # By this name the bucket could as well be a part of the host.
        url = server.url.replace("127.0.0.1", "localhost")
        profile = None
        if source.startswith("AWS"):
            monkeypatch.setenv(source, url)
        elif source == "profile":
            profile = "there"
            (tmp_path / "config").write_text(
                f"[profile there]\nendpoint_url = {url}\n"
                "aws_access_key_id = key\naws_secret_access_key = secret\n"
            )
            monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        store = S3Store(
            bucket="bucket",
            prefix="/p/",
            profile=profile,
            endpoint_url=url if source == "option" else None,
        )
        assert store.get("a") is None
    assert [request.path for request in server.requests] == ["/bucket/p/a"]


def test_the_clock_is_the_servers(s3_client: str) -> None:
    date = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    told = {"Date": "Sat, 03 Feb 2001 04:05:06 GMT"}
    with telling(Answer(body=LISTING, headers=told)) as (store, server):
        assert date <= store.now() < date + timedelta(minutes=5)
        assert date <= store.now() < date + timedelta(minutes=5)
    assert len(server.requests) == 1
    assert s3_client == "obstore" or "max-keys=1" in server.requests[0].path
    with telling(Answer(headers={"ETag": TAG, **told})) as (store, server):
        store.put_new("a", b"")
        assert date <= store.now() < date + timedelta(minutes=5)
    assert methods(server) == (["PUT"] if s3_client == "boto3" else ["PUT", "HEAD"])


def test_a_listing_has_all_pages(
    s3_server: S3Server, s3_client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3_bucket, "PAGE", 3)
    s3 = S3Store(
        bucket=s3_server.make_bucket(f"pages-{s3_client}"), prefix="a+b c", endpoint_url=s3_server.url
    )
    keys = sorted(f"{folder}/{name}" for folder in ("x", "x-1", "ü +") for name in ("1+1", "2 2", "ö", "%2B"))
    for key in keys:
        s3.put_new(key, b"")
    assert [entry.key for entry in s3.list("")] == keys


def test_a_bucket_that_was_not_made_is_said_to_be_missing(s3_server: S3Server) -> None:
    s3 = S3Store(bucket="never-made", endpoint_url=s3_server.url)
    for verb in (lambda: s3.get("a"), lambda: s3.put_new("a", b""), lambda: list(s3.list(""))):
        with pytest.raises(AccessDenied, match="bucket never-made does not exist"):
            verb()


def test_a_server_that_does_not_answer_in_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "S3", replace(retry_policy.S3, read_timeout=0.05))
    with telling(Answer(delay=0.3)) as (store, server), pytest.raises(HermesError) as raised:
        store.get("a")
    assert raised.value.message == f"{server.url} does not answer in time"


def test_a_client_is_imported_by_the_first_verb_only() -> None:
    code = (
        "import sys; from hermes_cli.adapters.store_s3 import S3Store; "
        "print(S3Store(bucket='b', prefix='p').url, {'boto3', 'botocore', 'obstore'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "s3://b/p set()\n"
