"""The real `hermes deploy` through the policies: every request is decided before S3 sees it."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from iam import ALLOW_ALL, Principal, Request, decide
from rendering import ACCOUNT, DEV, PROD, Environment, by_cloudformation

import servers
from acceptance.harness import Repo, fresh_hermes, github
from acceptance.projects import small_repo
from servers import Answer, S3Server, answering

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
CONDITIONS = {
    "if-none-match": "s3:if-none-match",
    "if-match": "s3:if-match",
    "x-amz-copy-source": "s3:x-amz-copy-source",
}


@dataclass
class Gate:
    """Stands before an S3 server: asks the policies of a bucket's environment, as whoever is named."""

    upstream: str
    environments: dict[str, Environment] = field(default_factory=dict)
    principal: str = "deploy"
    denied: list[str] = field(default_factory=list)

    def __call__(self, request: servers.Request) -> Answer:
        """What S3 answers, or 403."""
        if not self._allows(request):
            self.denied.append(f"{request.method} {request.path}")
            return Answer(status=403, body=DENIED)
        answer = self._forward(request)
        # S3 says that an object is not there only to those who may list its key.
        if answer.status == 404 and not self._may_list(request):
            self.denied.append(f"LIST for {request.path}")
            return Answer(status=403, body=DENIED)
        return answer

    def _allows(self, request: servers.Request) -> bool:
        bucket, key, query = _split(request.path)
        if not key:
            context = {
                f"s3:{name}": values[0] for name, values in query.items() if name in ("prefix", "max-keys")
            }
            return self._decides(bucket, "s3:ListBucket", "", context)
        headers = {name.lower(): value for name, value in request.headers.items()}
        context = {condition: headers[name] for name, condition in CONDITIONS.items() if name in headers}
        action = {"GET": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[request.method]
        return self._decides(bucket, f"s3:{action}", key, context)

    def _may_list(self, request: servers.Request) -> bool:
        bucket, key, _ = _split(request.path)
        return not key or self._decides(bucket, "s3:ListBucket", "", {"s3:prefix": key})

    def _decides(self, bucket: str, action: str, key: str, context: dict[str, str]) -> bool:
        environment = self.environments[bucket]
        principal = {
            "deploy": environment.deploy["growth"],
            "other team": environment.deploy["finance"],
            "read": environment.read["growth"],
            "admin": Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/acme-admin", policies=[ALLOW_ALL]),
        }[self.principal]
        resource = environment.bucket_arn + (f"/{key}" if key else "")
        asked = Request(action=action, resource=resource, context=context)
        return decide(principal, asked, environment.bucket_policy, ACCOUNT)

    def _forward(self, request: servers.Request) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "expect"}
        try:
            connection.request(request.method, request.path, body=request.body, headers=headers)
            told = connection.getresponse()
            ours = ("content-length", "connection", "transfer-encoding")
            kept = {name: value for name, value in told.getheaders() if name.lower() not in ours}
            return Answer(status=told.status, body=told.read(), headers=kept)
        finally:
            connection.close()


def _split(path: str) -> tuple[str, str, dict[str, list[str]]]:
    parts = urlsplit(path)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    return bucket, key, parse_qs(parts.query, keep_blank_values=True)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A repo whose buckets are behind a gate."""

    repo: Repo
    gate: Gate
    dev: str
    prod: str
    server: S3Server
    url: str

    def keys(self, bucket: str) -> set[str]:
        """Every key of a bucket."""
        return {row["Key"] for row in self.server.client().list_objects_v2(Bucket=bucket).get("Contents", [])}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def guarded(tmp_path: Path, cache: Path, s3_server: S3Server) -> Iterator[Guarded]:
    stamp = uuid.uuid4().hex[:12]
    dev, prod = (s3_server.make_bucket(f"{name}-{stamp}") for name in ("dev", "prod"))
    gate = Gate(s3_server.url)
    gate.environments = {
        dev: by_cloudformation(DEV),
        prod: by_cloudformation(replace(PROD, github_ref=None)),
    }
    repo = small_repo(fresh_hermes(tmp_path / "home", cache), tmp_path / "repo", dev=dev, prod=prod)
    with answering(gate) as front:
        reached = replace(s3_server, url=front.url)
        yield Guarded(
            repo=replace(repo, variables=reached.environment),
            gate=gate,
            dev=dev,
            prod=prod,
            server=s3_server,
            url=front.url,
        )


def test_a_deploy_needs_nothing_that_its_role_may_not(guarded: Guarded) -> None:
    repo = guarded.repo
    for version in ("0.1.0", "0.2.0"):
        if version != "0.1.0":
            repo.edit("shop/pyproject.toml", 'version = "0.1.0"', f'version = "{version}"')
            repo.write("shop/shop/__init__.py", 'WORD = "changed"\n')
            repo.commit()
        released = repo.run("deploy", "-o", "json", env=github(repo, "main")).json
        assert [row["change"] for row in released["receipts"]] == ["release", "release"]
    again = repo.run("deploy", "-o", "json", env=github(repo, "main")).json
    assert {row["change"] for row in again["receipts"]} == {"nothing"}
    repo.switch("feature/first")
    for word in ("one", "two"):
        repo.write("shop/shop/__init__.py", f'WORD = "{word}"\n')
        repo.commit()
        repo.run("deploy", "--env", "dev")
    guarded.gate.principal = "read"
    repo.run("ls", "--env", "dev")
    repo.run("run", "shop@latest", "--env", "prod")
    assert guarded.gate.denied == []
    assert "growth/shop/manifests/releases/0.2.0.json" in guarded.keys(guarded.prod)


def test_a_role_of_another_team_deploys_nothing(guarded: Guarded) -> None:
    guarded.gate.principal = "other team"
    guarded.repo.run("deploy", env=github(guarded.repo, "main"), expect=5)
    assert guarded.gate.denied
    assert guarded.keys(guarded.dev) == guarded.keys(guarded.prod) == set()


def test_an_admin_cannot_overwrite_a_release_by_hand(guarded: Guarded) -> None:
    guarded.repo.run("deploy", env=github(guarded.repo, "main"))
    key = "growth/shop/manifests/releases/0.1.0.json"
    plain = guarded.server.client()
    before = plain.get_object(Bucket=guarded.prod, Key=key)["Body"].read()
    guarded.gate.principal = "admin"
    admin = replace(guarded.server, url=guarded.url).client()
    etag = plain.head_object(Bucket=guarded.prod, Key=key)["ETag"]
    attempts: list[dict[str, Any]] = [{}, {"IfMatch": etag}, {"IfNoneMatch": "*"}]
    for attempt in attempts:
        with pytest.raises(admin.exceptions.ClientError):
            admin.put_object(Bucket=guarded.prod, Key=key, Body=b"other", **attempt)
    assert plain.get_object(Bucket=guarded.prod, Key=key)["Body"].read() == before
