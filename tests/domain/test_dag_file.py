"""The file of a DAG: what is written for which words, and that it is Python whatever they are."""

from __future__ import annotations

import ast
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import parse_team
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.domain.dag_file import TAG, DagFile, default_name, parse_dag_name, parse_schedule, parse_start


def dag(target: str = "sales_report", **more: Any) -> DagFile:
    reference = parse_reference(target)
    given = {"schedule": "@daily", "start": date(2026, 1, 31), "name": default_name(reference), **more}
    return DagFile(team=parse_team("growth"), reference=reference, **given)


def call(source: str, name: str) -> dict[str, Any]:
    """The arguments by which the file calls a class, its lists and texts as values."""
    (found,) = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    return {
        keyword.arg or "": ast.literal_eval(keyword.value)
        for keyword in found.keywords
        if not isinstance(keyword.value, ast.Call)
    }


def test_a_file_is_exactly_this() -> None:
    assert (
        dag("sales_report/backfill@1.2.0", schedule=None, parameters=("{{ ds }}", '"x"')).source()
        == '''\
"""Runs sales_report/backfill@1.2.0 of the team growth on Databricks."""

import pendulum
from airflow import DAG
from hermes_airflow import HermesOperator

with DAG(
    dag_id="growth_sales_report_backfill",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 31, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "growth", "retries": 1},
    tags=["compaas-service:hermes", "growth"],
):
    HermesOperator(
        task_id="backfill",
        team="growth",
        project_name="sales_report",
        script_name="backfill",
        script_version="1.2.0",
        parameters=["{{ ds }}", "\\"x\\""],
    )
'''
    )


def test_what_is_asked_for_reaches_the_operator() -> None:
    made = dag("sales@feature-x", library="latest", view_teams=("helpers",)).source()
    assert call(made, "HermesOperator") == {
        "task_id": "sales",
        "team": "growth",
        "project_name": "sales",
        "script_version": "feature-x",
        "library_version": "latest",
        "parameters": [],
        "view_access_control_list": ["helpers"],
    }
    assert call(dag().source(), "DAG")["tags"] == [TAG, "growth"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=5).map(tuple))
def test_any_text_can_be_a_parameter(parameters: tuple[str, ...]) -> None:
    source = dag(parameters=parameters).source()
    source.encode()
    assert call(source, "HermesOperator")["parameters"] == list(parameters)


def test_what_is_no_text_cannot() -> None:
    with pytest.raises(InvalidInput, match="is not text in UTF-8"):
        dag(parameters=("\udcff",)).source()


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("none", None),
        (" @daily ", "@daily"),
        ("30  6 * * *", "30 6 * * *"),
        ("*/15 8-18 1,15 JAN MON#1", "*/15 8-18 1,15 JAN MON#1"),
        ("0-59/90 0,23 L 12 7", "0-59/90 0,23 L 12 7"),
    ],
)
def test_a_schedule(text: str, schedule: str | None) -> None:
    assert parse_schedule(text) == schedule


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("60 6 * * *", "minute must be from 0 to 59"),
        ("0 8-24 * * *", "hour must be from 0 to 23"),
        ("0 0 1,0 * *", "day must be from 1 to 31"),
        ("0 0 1 13 *", "month must be from 1 to 12"),
        ("0 0 * * 8", "weekday must be from 0 to 7"),
    ],
)
def test_a_number_that_airflow_would_refuse_is_named(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_schedule(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["", "daily", "@dayly", "6:30", "* * * *", "* * * * * *", 'a b c d "e'])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a schedule"):
        parse_schedule(text)


@pytest.mark.parametrize("text", ["2026-02-30", "31.1.2026", "tomorrow", ""])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert parse_start("2026-01-31") == date(2026, 1, 31)
    with pytest.raises(InvalidInput, match="is not a day"):
        parse_start(text)


@pytest.mark.parametrize("text", ["../x", "a b", "A", "", "x.py", "-x"])
def test_what_could_lie_elsewhere_is_no_name(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name of a DAG"):
        parse_dag_name(text)


@pytest.mark.parametrize(
    ("target", "name"),
    [("sales", "sales"), ("my-sales/my_sales", "my-sales"), ("sales/BackFill@1.0", "sales_backfill")],
)
def test_a_dag_is_named_for_its_script(target: str, name: str) -> None:
    assert default_name(parse_reference(target)) == parse_dag_name(name)
