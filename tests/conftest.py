"""Fixtures for all tests: no test meets the AWS account of who runs it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from servers import ACCESS_KEY, REGION, SECRET_KEY, S3Server, running_s3

# How fast the machine is decides no test.
settings.register_profile("hermes", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hermes")
# Airflow is installed in environments of its own: make test-airflow.
collect_ignore = [] if find_spec("airflow") else ["on_airflow"]


@pytest.fixture(autouse=True, scope="session")
def _signals() -> Iterator[None]:
    """Start children that SIGINT and SIGHUP end, where a shell's background or nohup ignores them."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if before[signal.SIGHUP] == signal.SIG_IGN:
        # A child gets the default for what its parent handles, and this process goes on after a hangup.
        signal.signal(signal.SIGHUP, lambda *_: None)
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


@pytest.fixture(autouse=True, scope="session")
def _no_real_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    nowhere = tmp_path_factory.mktemp("aws") / "absent"
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "BOTO_")):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
        patch.setenv("BOTO_CONFIG", str(nowhere / "boto"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        # As it is without the extra. moto stands in for Amazon in boto3 only.
        patch.setenv("HERMES_S3_CLIENT", "boto3")
        yield


@pytest.fixture(autouse=True, scope="session")
def _descriptions_are_read_once(_no_real_aws: None) -> Iterator[None]:
    """Clients of boto3 share what describes S3: read anew, it is nine tenths of what making a client costs."""
    import botocore.session

    loader = botocore.session.Session().get_component("data_loader")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda search_path_string=None: loader)
        yield


@pytest.fixture(params=["boto3", "obstore"])
def s3_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs with each client of S3."""
    monkeypatch.setenv("HERMES_S3_CLIENT", request.param)
    return str(request.param)


@pytest.fixture
def aws_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty AWS configuration file, which this test may write; no variable gives credentials."""
    config = tmp_path / "aws-config"
    config.write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return config


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server over HTTP, one for each pytest-xdist worker that has a test that asks for it.

    The credentials that all tests have are its own: only `AWS_ENDPOINT_URL_S3`, or an
    environment's `endpoint-url`, has to name it (`s3_server.url`).
    """
    with running_s3() as server:
        yield server
