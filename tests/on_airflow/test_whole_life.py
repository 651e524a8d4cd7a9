"""The whole life of a data product: new, deploy, schedule, run on a cluster; and a retry after a new release."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from acceptance.harness import Repo, fresh_hermes, github
from databricks import Workspace, wait_for
from on_airflow.conftest import HOME, Product, connection, set_variables, variables
from servers import REGION, S3Server

DAG_FILE = """\
import time
from datetime import datetime, timedelta
from pathlib import Path

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models import DAG

from hermes_airflow import HermesOperator

SIGNALS = Path({signals!r})


def let_the_test_release(context):
    (SIGNALS / "failed").touch()
    while not (SIGNALS / "released").exists():
        time.sleep(0.1)


with DAG("shop_sales", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    HermesOperator(
        task_id="shop",
        team="growth",
        project_name="shop",
        retries=1,
        retry_delay=timedelta(seconds=0),
        on_retry_callback=let_the_test_release,
        polling_period_seconds=1,
    )
"""


def make(folder: Path, cache: Path, s3: S3Server) -> Product:
    """`hermes new`, with a bucket for each environment."""
    stamp = uuid.uuid4().hex[:12]
    dev, prod = (s3.make_bucket(f"{name}-{stamp}") for name in ("dev", "prod"))
    hermes = fresh_hermes(folder / "home", cache)
    buckets = ("--dev-bucket", dev, "--prod-bucket", prod, "--region", REGION)
    hermes.run("new", "shop", "--no-input", "--team", "growth", *buckets, cwd=folder)
    repo = Repo(path=folder / "shop", hermes=hermes, variables={"AWS_ENDPOINT_URL_S3": s3.url})
    return Product(repo=repo, dev=dev, prod=prod)


@pytest.mark.usefixtures("database")
def test_from_nothing_to_a_product_on_a_schedule(
    workspace: Workspace,
    s3_server: S3Server,
    hermes_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = make(tmp_path, hermes_cache, s3_server)
    repo = product.repo
    commit = repo.head
    repo.run("deploy", "--env", "dev", env=github(repo, "main"))

    products = s3_server.make_bucket(f"products-{uuid.uuid4().hex[:12]}")
    values = variables(product, s3_server) | {"hermes_dev_products": f"s3://{products}"}
    del values["hermes_dev_input"]
    set_variables(monkeypatch, values)
    monkeypatch.setenv("AIRFLOW_CONN_DATABRICKS_DEFAULT", connection(workspace))
    dag = HOME / "dags" / "shop_sales.py"
    dag.parent.mkdir(exist_ok=True)
    dag.write_text(DAG_FILE.format(signals=str(tmp_path)))

    workspace.fail("FAILED", "the driver was lost")
    said = tmp_path / "airflow.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "dags", "test", "shop_sales", "2026-01-02"],
            cwd=HOME,
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for((tmp_path / "failed").exists, 120)
        repo.set_version("9.0.0")
        repo.commit("Release 9.0.0")
        repo.run("deploy", "--env", "dev", env=github(repo, "main"))
        (tmp_path / "released").touch()
        assert process.wait(240) == 0, said.read_text()[-4000:]
    finally:
        process.kill()

    # The retry ran what the first try ran, and there is the product.
    first, second = workspace.runs.values()
    assert (first.result_state, second.result_state) == ("FAILED", "SUCCESS"), second.logs
    assert first.task["spark_python_task"] == second.task["spark_python_task"]
    assert first.task["libraries"] == second.task["libraries"]
    assert second.cluster["spark_env_vars"]["HERMES_VERSION"] == "0.1.0"
    result = s3_server.client().get_object(Bucket=products, Key="growth/shop/shop.csv")["Body"].read()
    assert result.startswith(b"day,orders,revenue\n")

    # The task shows what ran, and where its logs are.
    log_text = said.read_text()
    assert "shop/shop@0.1.0 failed on Databricks (FAILED): the driver was lost" in log_text
    assert f"version 0.1.0, commit {commit}" in log_text
    assert f"{workspace.url}/?o=1#job/{second.id + 500_000}/run/{second.id}" in log_text
