"""Runs helloworld of the team {{ cookiecutter.team }} on Databricks."""

import pendulum
from airflow import DAG
from hermes_airflow import HermesOperator

with DAG(
    dag_id={{ (cookiecutter.team ~ "_example") | tojson }},
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": {{ cookiecutter.team | tojson }}, "retries": 1},
    tags=["compaas-service:hermes", {{ cookiecutter.team | tojson }}],
):
    HermesOperator(
        task_id="helloworld",
        team={{ cookiecutter.team | tojson }},
        project_name="helloworld",
        script_version="latest",
        parameters=[],
    )
