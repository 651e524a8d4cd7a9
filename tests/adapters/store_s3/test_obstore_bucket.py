"""What is special to obstore: which places it serves, what it signs with, and what boto3 is asked instead."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters.store_s3 import S3Store
from hermes_cli.adapters.store_s3.location import S3Location
from hermes_cli.adapters.store_s3.obstore_support import NotSupported, ObstoreSupport, find_support
from hermes_cli.domain.contract import retry_policy
from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput
from servers import ACCESS_KEY, SECRET_KEY, Answer, Request, S3Server, answering

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/nowhere"}
KEYS |= {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_S3_CLIENT", "obstore")
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def way(place: Mapping[str, str] | None = None, **variables: str) -> ObstoreSupport:
    """The way to a place, by these variables and no file."""
    return find_support(S3Location(**{"bucket": "acme", **(place or {})}), {**KEYS, **variables})


def test_amazons_own_servers_have_the_bucket_in_the_host() -> None:
    found = way()
    assert (found.endpoint, found.region) == ("https://acme.s3.eu-west-1.amazonaws.com", "eu-west-1")
    assert not found.in_path
    assert way({"region": "us-gov-west-1"}).endpoint == "https://acme.s3.us-gov-west-1.amazonaws.com"
    dotted = way({"bucket": "acme.dev"})
    assert (dotted.endpoint, dotted.in_path) == ("https://s3.eu-west-1.amazonaws.com", True)


def test_the_nearest_endpoint_is_in_force() -> None:
    both: dict[str, Any] = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3:9000/"}
    assert way({"endpoint_url": "https://own"}, **both).endpoint == "https://own"
    assert way(**both).endpoint == "http://s3:9000"
    assert way(AWS_ENDPOINT_URL="http://all").endpoint == "http://all"
    assert way(AWS_ENDPOINT_URL="http://all").in_path


@pytest.mark.parametrize(
    ("place", "variables"),
    [
        ({"expected_bucket_owner": "111122223333"}, {}),
        ({"bucket": "arn:aws:s3:eu-west-1:1:accesspoint/x"}, {}),
        ({"bucket": "acme--euw1-az1--x-s3"}, {}),
        ({"bucket": "Acme"}, {}),
        ({"region": "cn-north-1"}, {}),
        ({"region": "us-iso-east-1"}, {}),
        ({"endpoint_url": "http://user:secret@host"}, {}),
        ({"endpoint_url": "http://host/path"}, {}),
        ({"endpoint_url": "host:9000"}, {}),
        ({}, {"AWS_DEFAULT_REGION": ""}),
        ({}, {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
        ({}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
        ({}, {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}),
        ({}, {"AWS_SERVER_SIDE_ENCRYPTION": "AES256"}),
        ({}, {"AWS_CREDENTIAL_EXPIRATION": "2001-02-03T04:05:06Z"}),
        ({}, {"AWS_CA_BUNDLE": "/"}),
        ({}, {"ALL_PROXY": "http://proxy"}),
    ],
    ids=str,
)
def test_what_only_boto3_does_is_left_to_it(place: Mapping[str, str], variables: Mapping[str, str]) -> None:
    with pytest.raises(NotSupported):
        way(place, **variables)


@pytest.mark.parametrize(
    "setting", ["use_fips_endpoint = true", "s3 =\n  addressing_style = virtual", "services = mine"]
)
def test_so_is_what_a_profile_asks_for(aws_files: Path, setting: str) -> None:
    keys = "region = eu-west-1\naws_access_key_id = key\naws_secret_access_key = secret\n"
    aws_files.write_text(f"[profile team]\n{keys}")
    assert find_support(S3Location(bucket="acme", profile="team")).region == "us-east-1"  # the variable's
    aws_files.write_text(f"[profile team]\n{keys}{setting}\n[services mine]\n")
    store = S3Store(bucket="acme", profile="team")
    assert store.client == f"boto3 (AWS's files have {setting.split(' ')[0]})"


def test_the_client_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert S3Store(bucket="acme").client == "obstore"
    monkeypatch.setenv("HERMES_S3_CLIENT", "boto3")
    assert S3Store(bucket="acme").client == "boto3 (HERMES_S3_CLIENT is set)"
    monkeypatch.setenv("HERMES_S3_CLIENT", "boto")
    with pytest.raises(InvalidInput, match="'boto' is not a client"):
        S3Store(bucket="acme").get("a")
    monkeypatch.delenv("HERMES_S3_CLIENT")
    assert S3Store(bucket="acme").client == "obstore"
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert S3Store(bucket="acme").client == "boto3 (obstore is not installed)"
    monkeypatch.setenv("HERMES_S3_CLIENT", "obstore")
    with pytest.raises(InvalidInput, match="not installed"):
        S3Store(bucket="acme").get("a")


def tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def stored(data: bytes, etag: str | None = None) -> Answer:
    told = {"ETag": etag or tag(data), "Last-Modified": "Sat, 03 Feb 2001 04:05:06 GMT"}
    return Answer(body=data, headers=told)


def by_boto3(request: Request) -> bool:
    return "Botocore/" in request.headers["User-Agent"]


def signed_by(request: Request) -> str:
    return request.headers["Authorization"].partition("Credential=")[2].partition("/")[0]


def test_profile_and_token_sign_as_with_boto3(aws_files: Path) -> None:
    aws_files.write_text(
        "[profile team]\nregion = us-west-2\n"
        f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\naws_session_token = tkn\n"
    )
    with answering(lambda _: stored(b"1")) as server:
        S3Store(bucket="bucket", profile="team", endpoint_url=server.url, region="us-west-2").get("a")
    (request,) = server.requests
    assert not by_boto3(request)
    assert signed_by(request) == ACCESS_KEY
    assert "/us-west-2/s3/" in request.headers["Authorization"]
    assert request.headers["x-amz-security-token"] == "tkn"


def test_a_process_is_asked_again_before_its_keys_end(aws_files: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = tmp_path / "give-keys"
    program.write_text(
        f"#!/bin/sh\necho x >> {count}\nn=$(wc -l < {count} | tr -d ' ')\n"
        'until=$(date -u -d "+2 minutes" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null'
        " || date -u -v+2M +%Y-%m-%dT%H:%M:%SZ)\n"
        'echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"KEY$n\\", \\"SecretAccessKey\\": \\"s\\",'
        ' \\"SessionToken\\": \\"t\\", \\"Expiration\\": \\"$until\\"}"\n'
    )
    program.chmod(0o755)
    aws_files.write_text(f"[profile team]\ncredential_process = {program}\n")
    with answering(lambda _: stored(b"1")) as server:
        store = S3Store(bucket="bucket", profile="team", endpoint_url=server.url)
        for _ in range(2):
            store.get("a")
    assert not any(map(by_boto3, server.requests))
    first, second = map(signed_by, server.requests)
    assert first < second, "keys that end within minutes are renewed for each request, as by botocore"


def test_writes_name_their_key_and_their_sum() -> None:
    with answering(lambda _: Answer(headers={"ETag": '"1"'})) as server:
        store = S3Store(bucket="bucket", endpoint_url=server.url, kms_key_id="alias/k")
        store.put_new("a", b"2")
        store.replace_if("a", b"2", '"old"')
    assert [request.headers.get("If-None-Match") for request in server.requests] == ["*", None]
    assert [request.headers.get("If-Match") for request in server.requests] == [None, '"old"']
    for request in server.requests:
        assert not by_boto3(request)
        assert request.body == b"2"
        assert request.headers["x-amz-server-side-encryption"] == "aws:kms"
        assert request.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/k"
        assert request.headers["x-amz-content-sha256"] == hashlib.sha256(b"2").hexdigest()
        assert request.headers["x-amz-checksum-sha256"]


def test_variables_that_boto3_does_not_read_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(lambda _: stored(b"1")) as server, answering(lambda _: stored(b"no")) as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", other.url)
        for name in ("SKIP_SIGNATURE", "UNSIGNED_PAYLOAD", "REQUEST_PAYER", "VIRTUAL_HOSTED_STYLE_REQUEST"):
            monkeypatch.setenv(f"AWS_{name}", "true")
        monkeypatch.setenv("AWS_REGION", "sa-east-1")
        monkeypatch.setenv("AWS_BUCKET", "else")
        found = S3Store(bucket="bucket", endpoint_url=server.url).get("a")
    assert found is not None
    assert found.data == b"1"
    assert other.requests == []
    (request,) = server.requests
    assert request.path == "/bucket/a"
    assert "/us-east-1/s3/" in request.headers["Authorization"]
    assert "x-amz-request-payer" not in request.headers
    assert request.headers["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD"


def test_bytes_that_are_not_known_to_be_right_are_read_by_boto3() -> None:
    answers = [stored(b"wrong", tag(b"right")), stored(b"right")]
    with answering(lambda _: answers.pop(0)) as server:
        found = S3Store(bucket="bucket", endpoint_url=server.url).get("a")
    assert found is not None
    assert found.data == b"right"
    assert list(map(by_boto3, server.requests)) == [False, True]


def test_a_bucket_that_is_not_there_is_never_an_absent_object() -> None:
    body = b"<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>"
    with answering(lambda _: Answer(status=404, body=body)) as server:
        store = S3Store(bucket="bucket", endpoint_url=server.url)
        for verb in (lambda: store.get("a"), lambda: store.put_new("a", b""), lambda: list(store.list("a/"))):
            with pytest.raises(AccessDenied, match="does not exist"):
                verb()


def test_what_cannot_reach_a_bucket_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "S3", replace(retry_policy.S3, backoff=0.0))

    def answer(request: Request) -> Answer:
        return stored(b"1") if by_boto3(request) else Answer(status=403)

    with answering(answer) as server:
        store = S3Store(bucket="bucket", endpoint_url=server.url)
        for _ in range(6):
            assert store.get("a") is not None
    assert [by_boto3(request) for request in server.requests].count(False) == 3


def test_the_clock_is_seen_without_a_signature() -> None:
    told = {"Date": "Sat, 03 Feb 2001 04:05:06 GMT"}
    with answering(lambda _: Answer(status=403, headers=told)) as server:
        store = S3Store(bucket="bucket", endpoint_url=server.url)
        assert {store.now().date().isoformat(), store.now().date().isoformat()} == {"2001-02-03"}
    assert [(request.method, request.path) for request in server.requests] == [("HEAD", "/")]


CHARACTERS = " !\"#$%&'()*+,-.:;<=>?@[]^_`{|}~ü"


def test_keys_are_the_same_bytes_for_both_clients(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3_server.make_bucket("characters")

    def opened() -> S3Store:
        return S3Store(bucket=bucket, endpoint_url=s3_server.url, prefix="a+b %20")

    fast = opened()
    assert fast.client == "obstore"
    monkeypatch.setenv("HERMES_S3_CLIENT", "boto3")
    slow = opened()
    assert slow.client.startswith("boto3")
    names = [*CHARACTERS, "%25", "%2B", "имя", "=x", "~x"]
    for name in names:
        assert fast.put_new(f"fast/x{name}y/z", name.encode()) is None
        assert slow.put_new(f"slow/x{name}y/z", name.encode()) is None
    for name in names:
        written, read = slow.get(f"fast/x{name}y/z"), fast.get(f"slow/x{name}y/z")
        assert written is not None, name
        assert read is not None, name
        assert written.data == read.data == name.encode()
    assert list(fast.list("")) == list(slow.list(""))
    assert list(fast.list("fast/")) == list(slow.list("fast/"))


def test_what_a_deploy_asks_for_loads_no_boto3(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket("no-boto3")
    code = f"""
import sys
from hermes_cli.adapters.store_s3 import S3Store
store = S3Store(bucket={bucket!r}, endpoint_url={s3_server.url!r})
assert list(store.list("a/")) == []
assert store.get("a/b") is None
assert store.put_new("a/b", b"1") is None
there = store.put_new("a/b", b"2")
assert there.data == b"1"
assert store.replace_if("a/b", b"3", there.etag) is None
assert store.replace_if("a/b", b"4", there.etag).data == b"3"
store.check_conditions("a/b")
assert [entry.key for entry in store.list("a/")] == ["a/b"]
assert store.now().year > 2000
print(sorted({{"boto3", "botocore"}} & set(sys.modules)), store.client)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] obstore\n", "")


def test_an_error_is_boto3s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "S3", replace(retry_policy.S3, backoff=0.0))
    body = b"<Error><Code>InternalError</Code><Message>so it is</Message></Error>"
    with answering(lambda _: Answer(status=500, body=body)) as server, pytest.raises(HermesError) as raised:
        S3Store(bucket="bucket", endpoint_url=server.url).get("a")
    assert "keeps failing (GetObject: 500 InternalError)" in raised.value.message
    assert list(map(by_boto3, server.requests)) == [False] + [True] * 5
