"""`hermes new --kind airflow` and `hermes dag new` in a real Airflow: the DAG runs, the repo's own tests judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.harness import Repo, fresh_hermes
from fake_databricks import Workspace
from on_airflow.conftest import HOME


@pytest.fixture
def dags(hermes_cache: Path, tmp_path: Path) -> Repo:
    """A new Airflow repo of the team growth."""
    hermes = fresh_hermes(tmp_path / "home", hermes_cache)
    hermes.run("new", "growth-dags", "--kind", "airflow", "--team", "growth", cwd=tmp_path)
    repo = Repo(path=tmp_path / "growth-dags", hermes=hermes)
    start = ("--schedule", "none", "--start", "2026-01-01")
    repo.run("dag", "new", "shop", *start, "--parameter", "{{ ds }}", "--view-team", "helpers")
    return repo


def call(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=300, cwd=cwd, env=os.environ
    )
    return f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.usefixtures("airflow")
def test_a_new_dag_runs_what_is_deployed(dags: Repo, workspace: Workspace) -> None:
    text = (dags.path / "dags/shop.py").read_text()
    there = HOME / "dags" / "growth_shop.py"
    there.parent.mkdir(exist_ok=True)
    there.write_text(text.replace("parameters=", "polling_period_seconds=1,\n        parameters="))
    assert call("-m", "airflow", "db", "migrate", cwd=HOME).startswith("exit 0")
    said = call("-m", "airflow", "dags", "test", "growth_shop", "2026-01-02", cwd=HOME)
    assert said.startswith("exit 0"), said[-4000:]
    run = workspace.last
    assert run.result_state == "SUCCESS", said[-4000:]
    assert run.task["spark_python_task"]["parameters"] == ["2026-01-02"]
    assert [entry["group_name"] for entry in run.body["access_control_list"]] == ["growth", "helpers"]


def test_the_repos_own_tests_find_what_is_wrong(dags: Repo) -> None:
    assert "exit 0" in call("-m", "pytest", "-q", "tests", cwd=dags.path)
    dags.write("dags/broken.py", "import nowhere\nfrom airflow import DAG\n")
    dags.write(
        "dags/stray.py",
        'from airflow import DAG\n\nwith DAG("stray", schedule=None):\n    pass\n',
    )
    said = call("-m", "pytest", "-q", "tests", cwd=dags.path)
    assert said.startswith("exit 1")
    assert "No module named 'nowhere'" in said
    assert "stray: begin its dag_id with growth_" in said
