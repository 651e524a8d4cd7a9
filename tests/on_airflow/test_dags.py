"""DAGs in a real Airflow: parsing asks nobody, the tag is there, and `dag.test()` runs the task."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fake_databricks import Workspace
from on_airflow.conftest import HOME, operator

TAG = "compaas-service:hermes"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def new_dag(name: str, **arguments: Any) -> Any:
    try:
        from airflow.sdk import DAG
    except ImportError:  # Airflow 2
        from airflow.models.dag import DAG
    return DAG(name, start_date=START, schedule=None, **arguments)


def test_parsing_asks_neither_airflow_nor_the_network(tmp_path: Path) -> None:
    dag = tmp_path / "sales.py"
    dag.write_text(
        "import socket\n"
        "def refuse(*_, **__): raise AssertionError('parsing opened a connection')\n"
        "socket.socket.connect = refuse\n"
        "from hermes_airflow import HermesOperator\n"
        "try:\n    from airflow.sdk import DAG, Variable\n"
        "except ImportError:\n    from airflow.models import DAG, Variable\n"
        "Variable.get = refuse\n"
        "with DAG('sales', schedule=None) as dag:\n"
        "    HermesOperator(task_id='shop', team='growth', project_name='shop')\n"
        "print(sorted(dag.tags))\n"
    )
    done = subprocess.run([sys.executable, str(dag)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"['{TAG}']"


@pytest.mark.parametrize("tags", [None, ["sales"], [TAG], ["compaas-service: hermes"]])
def test_a_dag_gets_the_tag_once(tags: list[str] | None) -> None:
    with new_dag("sales", tags=tags) as dag:
        operator(task_id="one")
        operator(task_id="two")
    expected = {*(tags or []), *([] if tags and tags[0].startswith("compaas") else [TAG])}
    assert sorted(dag.tags) == sorted(expected)


def test_a_task_that_joins_its_dag_later_brings_the_tag_too() -> None:
    dag = new_dag("sales")
    one = operator(task_id="one")
    assert not dag.tags
    one.dag = dag
    assert set(dag.tags) == {TAG}


def test_a_mapped_task_brings_the_tag_too() -> None:
    from hermes_airflow import HermesOperator

    with new_dag("sales") as dag:
        HermesOperator.partial(task_id="shop", team="growth", project_name="shop").expand(
            parameters=[["a"], ["b"]]
        )
    assert set(dag.tags) == {TAG}


def test_versions_and_parameters_are_templates() -> None:
    one = operator(
        script_version="{{ var_version }}", library_version="{{ var_version }}", parameters=["{{ day }}"]
    )
    one.render_template_fields({"var_version": "1.0.0", "day": "2026-01-01"})
    assert (one.script_version, one.library_version, one.parameters) == ("1.0.0", "1.0.0", ["2026-01-01"])


def test_the_defaults_are_those_of_the_article() -> None:
    from hermes_airflow import HermesOperator

    one = HermesOperator(task_id="shop", team="growth", project_name="shop")
    assert (one.script_name, one.script_version, one.library_version) == (None, "latest", None)
    assert (list(one.parameters), one.use_data_sharing, list(one.view_access_control_list)) == ([], True, [])


def test_the_link_survives_serialization() -> None:
    try:
        from airflow.serialization.serialized_objects import DagSerialization as Serialized
    except ImportError:
        from airflow.serialization.serialized_objects import SerializedDAG as Serialized
    with new_dag("sales") as dag:
        operator(task_id="shop")
    to_dict, from_dict = Serialized.to_dict, Serialized.from_dict
    task = from_dict(to_dict(dag)).get_task("shop")
    assert "Databricks logs" in {link.name for link in task.operator_extra_links}


DAG_FILE = """\
from datetime import datetime

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models import DAG

from hermes_airflow import HermesOperator

with DAG("sales", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    HermesOperator(
        task_id="shop",
        team="growth",
        project_name="shop",
        parameters=["{{ ds }}"],
        polling_period_seconds=1,
        deferrable=True,
    )
"""


def write_dag(name: str, more: str = "") -> Path:
    path = HOME / "dags" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(DAG_FILE.format(dag=name, more=more))
    return path


def run_airflow(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=300, cwd=HOME, env=os.environ
    )
    return f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.usefixtures("airflow", "database")
def test_a_deferred_task_runs_in_airflow_dags_test(workspace: Workspace) -> None:
    dag = HOME / "dags" / "sales.py"
    dag.parent.mkdir(exist_ok=True)
    dag.write_text(DAG_FILE)
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "test", "sales", "2026-01-02"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=HOME,
        env=os.environ,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert workspace.last.result_state == "SUCCESS"
    assert workspace.last.task["spark_python_task"]["parameters"] == ["2026-01-02"]
    assert len(workspace.runs) == 1
