"""Fixtures of the proofs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import FaultProxy, fault_proxy
from servers import S3Server

from ..harness import fresh_hermes
from .ground import Buckets, Folders, Grounds, Sources
from .warm import Warm, warmed_up


@pytest.fixture(scope="package")
def warm() -> Iterator[Warm]:
    """A process that starts commands without delay."""
    with warmed_up() as process:
        yield process


@pytest.fixture(scope="package")
def sources(warm: Warm, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """What is deployed; each is built once for all proofs."""
    root = tmp_path_factory.mktemp("sources")
    return Sources(fresh_hermes(root / "home", cache), warm, root)


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[FaultProxy]:
    """What stands between the command and the S3 server."""
    with fault_proxy(s3_server.url) as running:
        yield running


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Directory stores."""
    return Folders(tmp_path)


@pytest.fixture
def buckets(request: pytest.FixtureRequest, s3_server: S3Server) -> Buckets:
    """Places on the S3 server itself; a parameter names another client than boto3."""
    bucket = s3_server.make_bucket(f"proof-{uuid.uuid4().hex[:12]}")
    return Buckets(s3_server, bucket, client=getattr(request, "param", "boto3"))


@pytest.fixture
def proxied(request: pytest.FixtureRequest, s3_server: S3Server, proxy: FaultProxy) -> Buckets:
    """Places on the S3 server that commands reach through the proxy; a parameter as above."""
    bucket = s3_server.make_bucket(f"proof-{uuid.uuid4().hex[:12]}")
    return Buckets(s3_server, bucket, proxy.url, client=getattr(request, "param", "boto3"))


@pytest.fixture(params=["s3", "local"])
def grounds(request: pytest.FixtureRequest) -> Grounds:
    """Places of both kinds."""
    found: Grounds = request.getfixturevalue("buckets" if request.param == "s3" else "folders")
    return found
