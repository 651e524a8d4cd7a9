"""Fixtures for tests in a real Airflow: its home, a workspace of Databricks, and projects that Hermes deployed."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.harness import Repo, fresh_hermes, github
from acceptance.projects import small_repo
from fake_databricks import POLICY, TOKEN, Workspace, running_workspace
from servers import REGION, S3Server

# Airflow reads these when it is imported.
HOME = Path(tempfile.mkdtemp(prefix="hermes-airflow-"))
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


def pytest_unconfigure() -> None:
    import shutil

    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def workspace_server(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with running_workspace(tmp_path_factory.mktemp("cluster"), s3_server) as workspace:
        yield workspace


@pytest.fixture
def workspace(workspace_server: Workspace) -> Workspace:
    """A workspace without runs or faults; its clusters' environments are kept."""
    workspace_server.reset()
    return workspace_server


def connection(workspace: Workspace) -> str:
    """The Airflow connection to it, in plain HTTP."""
    host, _, port = workspace.url.removeprefix("http://").partition(":")
    return json.dumps(
        {"conn_type": "databricks", "schema": "http", "host": host, "port": int(port), "password": TOKEN}
    )


@dataclass(frozen=True, kw_only=True)
class Product:
    """A project `shop` of the team growth with a dev and a prod bucket."""

    repo: Repo
    dev: str
    prod: str

    def release(self, version: str, word: str = "hello") -> str:
        """Release a version to both buckets, as CI does, and return the commit."""
        repo = self.repo
        repo.set_version(version)
        repo.write("shop/shop/__init__.py", f'WORD = "{word}"\n')
        commit = repo.commit(f"Release {version}")
        repo.run("deploy", "--env", "dev", "--env", "prod", env=github(repo, "main"))
        return commit

    def yank(self, version: str, *more: str) -> None:
        """Yank a version in dev, as CI may."""
        self.repo.run(
            "yank",
            f"shop@{version}",
            "--env",
            "dev",
            "--reason",
            "it lies",
            *more,
            env=github(self.repo, "main"),
        )

    def feature(self, branch: str, word: str) -> str:
        """Deploy a feature branch to dev, and return the commit."""
        repo = self.repo
        repo.switch(branch)
        repo.write("shop/shop/__init__.py", f'WORD = "{word}"\n')
        commit = repo.commit("Try something")
        repo.run("deploy", "--env", "dev")
        repo.switch("main")
        return commit


@pytest.fixture(scope="session")
def hermes_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def make_product(folder: Path, cache: Path, s3: S3Server) -> Product:
    stamp = uuid.uuid4().hex[:12]
    dev, prod = (s3.make_bucket(f"{name}-{stamp}") for name in ("dev", "prod"))
    repo = small_repo(fresh_hermes(folder / "home", cache), folder / "repo", dev=dev, prod=prod)
    variables = {"AWS_ENDPOINT_URL_S3": s3.url}
    return Product(repo=replace(repo, variables=variables), dev=dev, prod=prod)


@pytest.fixture(scope="session")
def product(s3_server: S3Server, hermes_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A project that is released as 1.0.0 and 1.1.0, with a feature; tests leave it as it is."""
    made = make_product(tmp_path_factory.mktemp("product"), hermes_cache, s3_server)
    made.release("1.0.0", word="first")
    made.release("1.1.0", word="second")
    made.feature("feature/third", word="third")
    return made


@pytest.fixture
def own_product(s3_server: S3Server, hermes_cache: Path, tmp_path: Path) -> Product:
    """The same for a test that deploys more: released as 1.0.0."""
    made = make_product(tmp_path, hermes_cache, s3_server)
    made.release("1.0.0", word="first")
    return made


def variables(product: Product, s3: S3Server, environment: str = "dev") -> dict[str, str]:
    """The Airflow Variables that the platform sets."""
    own = f"hermes_{environment}_"
    return {
        "hermes_environment": environment,
        f"{own}bucket": {"dev": product.dev, "prod": product.prod}[environment],
        f"{own}region": REGION,
        f"{own}endpoint_url": s3.url,
        f"{own}products": f"s3://products-{environment}",
        f"{own}input": f"s3://input-{environment}",
        f"{own}read_prefix": "prod_",
        f"{own}metastore": json.dumps({"spark.hadoop.hive.metastore.uris": "thrift://waggle-dance:48869"}),
        f"{own}policy_id_growth": POLICY,
        f"{own}scope_growth": "hermes-growth",
    }


def set_variables(patch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name in list(os.environ):
        if name.startswith("AIRFLOW_VAR_"):
            patch.delenv(name)
    for name, value in values.items():
        patch.setenv(f"AIRFLOW_VAR_{name.upper()}", value)


@pytest.fixture
def airflow(
    workspace: Workspace, product: Product, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """Airflow's Variables and connection, for the shared product in dev."""
    monkeypatch.setenv("AIRFLOW_CONN_DATABRICKS_DEFAULT", connection(workspace))
    set_variables(monkeypatch, variables(product, s3_server))
    return monkeypatch


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was logged so far: Airflow 2 uses the loggers of Python, Airflow 3 prints."""
    caplog.set_level(logging.INFO)
    return lambda: caplog.text + "".join(capfd.readouterr())


@pytest.fixture
def while_waiting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], None]], None]:
    """Sets what is done instead of each pause between two questions about a run."""
    # The operator's alone: the servers of tests sleep too.
    return lambda act: monkeypatch.setattr("hermes_airflow.operator.time", SimpleNamespace(sleep=act))


@pytest.fixture(scope="session")
def database() -> None:
    """Airflow's own database, made once."""
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]


@dataclass(kw_only=True)
class Instance:
    """What an operator sees of its task instance: one try, and the XComs that Airflow keeps of it."""

    dag_id: str = "sales"
    run_id: str = "scheduled__2026-01-01"
    task_id: str = "shop"
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 2
    xcoms: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        json.dumps(value)
        self.xcoms[key] = value


@dataclass(frozen=True, kw_only=True)
class DagRun:
    start_date: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)


def context(instance: Instance, run: DagRun | None = None) -> dict[str, Any]:
    return {"ti": instance, "dag_run": run or DagRun()}


def operator(**arguments: Any) -> Any:
    from hermes_airflow import HermesOperator

    given = {
        "task_id": "shop",
        "team": "growth",
        "project_name": "shop",
        "polling_period_seconds": 0.02,
        "databricks_retry_limit": 2,
        "databricks_retry_delay": 0.01,
        "retries": 2,
        **arguments,
    }
    return HermesOperator(**given)


def execute(instance: Instance | None = None, run: DagRun | None = None, **arguments: Any) -> Instance:
    """One try of a task from beginning to end."""
    one = instance or Instance()
    operator(**arguments).execute(context(one, run))
    return one
