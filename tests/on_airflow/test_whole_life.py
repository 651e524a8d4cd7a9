"""The whole life of a data product: new, deploy, schedule, run on a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from acceptance.harness import Repo, fresh_hermes, github
from fake_databricks import Workspace
from on_airflow.conftest import HOME, Product, connection, set_variables, variables
from servers import REGION, S3Server

DAG_FILE = """\
from datetime import datetime

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models import DAG

from hermes_airflow import HermesOperator

with DAG("shop_sales", start_date=datetime(2026, 1, 1), schedule="@daily", catchup=False) as dag:
    HermesOperator(task_id="shop", team="growth", project_name="shop", polling_period_seconds=1)
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
    dag.write_text(DAG_FILE)
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "test", "shop_sales", "2026-01-02"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=HOME,
        env=os.environ,
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log[-4000:]

    # The deployed script ran with its library, and there is the product.
    run = workspace.last
    assert (run.result_state, run.cluster["spark_env_vars"]["HERMES_VERSION"]) == ("SUCCESS", "0.1.0"), (
        run.logs
    )
    result = s3_server.client().get_object(Bucket=products, Key="growth/shop/shop.csv")["Body"].read()
    assert result.startswith(b"day,orders,revenue\n")

    # The task shows what ran, and where its logs are.
    assert f"version 0.1.0, commit {commit}" in log
    assert f"{workspace.url}/?o=1#job/{run.id + 500_000}/run/{run.id}" in log
