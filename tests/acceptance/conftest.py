"""Fixtures of the acceptance tests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers import S3Server

from .harness import Hermes, Repo, fresh_hermes
from .projects import small_repo

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Hermes keeps between runs; one folder for each pytest-xdist worker."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def hermes(tmp_path: Path, cache: Path) -> Hermes:
    """The installed command, for a new user."""
    return fresh_hermes(tmp_path / "home", cache)


@pytest.fixture
def repo(hermes: Hermes, tmp_path: Path) -> Repo:
    """A small repo with the local environment only."""
    return small_repo(hermes, tmp_path / "repo")


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A small repo with two buckets, and a client that looks into them behind Hermes's back."""

    repo: Repo
    dev: str
    prod: str
    s3: S3Client

    def objects(self, bucket: str) -> dict[str, tuple[str, str]]:
        """Every key of a bucket, with its ETag and the time of its last write."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        rows = [row for page in pages for row in page.get("Contents", [])]
        return {row["Key"]: (row["ETag"], row["LastModified"].isoformat()) for row in rows}

    def keys(self, bucket: str) -> set[str]:
        """Every key of a bucket."""
        return set(self.objects(bucket))

    def read(self, bucket: str, key: str) -> bytes:
        """An object's bytes."""
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def everything(self) -> dict[str, dict[str, tuple[str, str]]]:
        """All objects of both buckets."""
        return {bucket: self.objects(bucket) for bucket in (self.dev, self.prod)}


@pytest.fixture
def make_cloud(hermes: Hermes, tmp_path: Path, s3_server: S3Server) -> Callable[[], Cloud]:
    """Makes repos with buckets of their own, for this test alone."""

    def make() -> Cloud:
        stamp = uuid.uuid4().hex[:12]
        dev, prod = (s3_server.make_bucket(f"{name}-{stamp}") for name in ("dev", "prod"))
        repo = small_repo(hermes, tmp_path / f"repo-{stamp}", dev=dev, prod=prod)
        variables = {"AWS_ENDPOINT_URL_S3": s3_server.url}
        return Cloud(repo=replace(repo, variables=variables), dev=dev, prod=prod, s3=s3_server.client())

    return make


@pytest.fixture
def cloud(make_cloud: Callable[[], Cloud]) -> Cloud:
    """A small repo with a dev and a prod bucket."""
    return make_cloud()
