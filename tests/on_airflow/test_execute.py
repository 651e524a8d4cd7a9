"""What one try of a task does: the run it starts, what it records, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.exceptions import AirflowException, TaskDeferred

from fake_databricks import POLICY, Workspace
from on_airflow.conftest import Instance, Product, context, execute, operator, set_variables, variables
from servers import S3Server

Waiting = Callable[[Callable[[float], None]], None]


def seen(workspace: Workspace) -> dict[str, Any]:
    """What the script of the last run saw, from its own output."""
    workspace.last.done.wait(60)
    document = json.loads(workspace.last.logs)
    assert isinstance(document, dict)
    return document


@pytest.mark.usefixtures("airflow")
def test_the_deployed_script_runs_with_its_library(workspace: Workspace, product: Product) -> None:
    instance = execute(parameters=["--day", "7"], view_access_control_list=["helpers"])
    assert seen(workspace) == {
        "word": "second",
        "parameters": ["--day", "7"],
        "variables": {
            "HERMES_ENV": "dev",
            "HERMES_TEAM": "growth",
            "HERMES_PROJECT": "shop",
            "HERMES_VERSION": "1.1.0",
            "HERMES_COMMIT": instance.xcoms["hermes"]["commit"],
            "HERMES_READ_PREFIX": "prod_",
            "HERMES_INPUT": "s3://input-dev/growth",
            "HERMES_PRODUCTS": "s3://products-dev/growth",
        },
    }
    run = workspace.last
    assert run.result_state == "SUCCESS"
    assert run.cluster["policy_id"] == POLICY
    assert run.cluster["spark_conf"] == {"spark.hadoop.hive.metastore.uris": "thrift://waggle-dance:48869"}
    assert run.cluster["custom_tags"] | {"attempt": ""} == {
        "team": "growth",
        "project": "shop",
        "version": "1.1.0",
        "environment": "dev",
        "service": "hermes",
        "script": "shop",
        "suffix": "1.1.0",
        "commit": instance.xcoms["hermes"]["commit"],
        "library": "1.1.0",
        "attempt": "",
        "airflow_dag": "sales",
        "airflow_task": "shop",
        "airflow_run": "scheduled__2026-01-01",
    }
    assert run.task["spark_python_task"]["python_file"].startswith(f"s3://{product.dev}/growth/shop/builds/")
    assert [entry["group_name"] for entry in run.body["access_control_list"]] == ["growth", "helpers"]


@pytest.mark.usefixtures("airflow")
def test_what_ran_is_on_record(
    workspace: Workspace, product: Product, s3_server: S3Server, log: Callable[[], str]
) -> None:
    instance = execute()
    record = instance.xcoms["hermes"]
    keys = s3_server.client().list_objects_v2(Bucket=product.dev, Prefix="growth/shop/builds/")["Contents"]
    builds = {row["Key"].rsplit("/", 1)[1]: row["Key"].rsplit("/", 2)[1] for row in keys}
    assert record["sha256"].items() <= builds.items()
    assert set(record["sha256"]) == {"shop.py", "shop-1.1.0-py3-none-any.whl"}
    assert (record["version"], record["suffix"], record["library"]) == ("1.1.0", "1.1.0", "1.1.0")
    assert record["url"] == instance.xcoms["run_page_url"]
    assert record["run_id"] == instance.xcoms["run_id"] == workspace.last.id
    said = log()
    for word in ("shop/shop@1.1.0", record["commit"], record["url"], *record["sha256"].values()):
        assert word in said


@pytest.mark.usefixtures("airflow")
def test_the_link_is_there_before_the_run_ends(workspace: Workspace, while_waiting: Waiting) -> None:
    from hermes_airflow.links import DatabricksLogsLink

    workspace.hang()
    instance = Instance()
    one = operator()
    pushed: list[str] = []

    def watch(seconds: float) -> None:
        pushed.append(instance.xcoms["run_page_url"])
        workspace.last.end("SUCCESS")

    while_waiting(watch)
    one.execute(context(instance))
    assert pushed == [instance.xcoms["run_page_url"]]
    assert [link.name for link in one.operator_extra_links] == ["Databricks logs"]
    assert DatabricksLogsLink().xcom_key == "run_page_url"


@pytest.mark.parametrize(
    ("asked", "word", "version"),
    [
        ({"script_version": "1.0.0"}, "first", "1.0.0"),
        ({"script_version": "feature-third"}, "third", "1.1.0"),
        ({"script_version": "feature/third"}, "third", "1.1.0"),
        ({"library_version": "1.0.0"}, "first", "1.1.0"),
        ({"script_version": "1.0.0", "library_version": "feature/third"}, "third", "1.0.0"),
        ({"script_version": "1.0.0", "library_version": "latest"}, "second", "1.0.0"),
    ],
)
@pytest.mark.usefixtures("airflow")
def test_versions_of_script_and_library(
    workspace: Workspace,
    asked: dict[str, Any],
    word: str,
    version: str,
    log: Callable[[], str],
) -> None:
    execute(**asked)
    found = seen(workspace)
    assert (found["word"], found["variables"]["HERMES_VERSION"]) == (word, version)
    assert ("script and library were mixed" in log()) is ("library_version" in asked)


@pytest.mark.usefixtures("airflow")
def test_production_data_is_read_when_it_is_asked_for(workspace: Workspace) -> None:
    execute(use_data_sharing=False)
    assert "HERMES_READ_PREFIX" not in seen(workspace)["variables"]
    assert "spark_conf" not in workspace.last.cluster


def test_prod_has_no_input_and_shares_no_data(
    airflow: pytest.MonkeyPatch, workspace: Workspace, product: Product, s3_server: S3Server
) -> None:
    set_variables(airflow, variables(product, s3_server, "prod"))
    execute()
    found = seen(workspace)["variables"]
    assert (found["HERMES_ENV"], found["HERMES_PRODUCTS"]) == ("prod", "s3://products-prod/growth")
    assert not {"HERMES_INPUT", "HERMES_READ_PREFIX"} & set(found)
    assert "spark_conf" not in workspace.last.cluster
    assert product.prod in workspace.last.task["spark_python_task"]["python_file"]


@pytest.mark.usefixtures("airflow")
def test_a_failure_says_why_and_where_the_logs_are(workspace: Workspace, product: Product) -> None:
    workspace.fail("FAILED", "the driver was lost")
    with pytest.raises(AirflowException) as caught:
        execute()
    assert str(caught.value) == (
        "shop/shop@1.1.0 failed on Databricks (FAILED): the driver was lost "
        f"(run {workspace.last.id}, logs: {workspace.url}/?o=1#job/{workspace.last.id + 500000}"
        f"/run/{workspace.last.id})"
    )


@pytest.mark.usefixtures("airflow")
def test_the_scripts_own_error_is_shown(workspace: Workspace, while_waiting: Waiting) -> None:
    workspace.hang()

    def fail(seconds: float) -> None:
        workspace.last.error = "ValueError: no rows"
        workspace.last.end("FAILED", "Workload failed")

    while_waiting(fail)
    with pytest.raises(AirflowException, match="ValueError: no rows"):
        execute()


def deferred(instance: Instance) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        execute(instance, deferrable=True)
    return caught.value


def finish(defer: TaskDeferred, instance: Instance) -> None:
    """What Airflow does after a task was deferred: the trigger's event, then the operator again."""

    async def first() -> dict[str, Any]:
        async for event in defer.trigger.run():
            payload = event.payload
            assert isinstance(payload, dict)
            return payload
        raise AssertionError("no event")

    event = asyncio.run(first())
    kwargs = {**(defer.kwargs or {}), "event": json.loads(json.dumps(event))}
    getattr(operator(deferrable=True), defer.method_name)(context=context(instance), **kwargs)


@pytest.mark.usefixtures("airflow")
def test_a_deferred_task_ends_with_its_run(workspace: Workspace) -> None:
    workspace.hang()
    instance = Instance()
    defer = deferred(instance)
    assert instance.xcoms["run_page_url"]
    workspace.last.end("SUCCESS")
    finish(defer, instance)


@pytest.mark.usefixtures("airflow")
def test_a_deferred_task_fails_with_its_run(workspace: Workspace) -> None:
    workspace.hang()
    instance = Instance()
    defer = deferred(instance)
    workspace.last.error = "ValueError: no rows"
    workspace.last.end("FAILED", "Workload failed")
    with pytest.raises(AirflowException) as caught:
        finish(defer, instance)
    assert str(caught.value).startswith(
        f"shop/shop@1.1.0 failed on Databricks (FAILED): ValueError: no rows (run {workspace.last.id}, logs: http"
    )


@pytest.mark.usefixtures("airflow")
def test_a_trigger_that_lost_its_run_says_so(workspace: Workspace) -> None:
    one = operator(deferrable=True)
    lines = ["Traceback (most recent call last):\n", "AirflowException: Run 7 does not exist.\n"]
    with pytest.raises(AirflowException, match=r"can no longer be followed: .*Run 7 does not exist"):
        one.resume_execution(
            "__fail__", {"error": "Trigger failure", "traceback": lines}, context(Instance())
        )


@pytest.mark.usefixtures("airflow")
def test_a_kill_cancels_the_tasks_own_run_and_no_other(workspace: Workspace, while_waiting: Waiting) -> None:
    workspace.hang()
    workspace.hang()
    with pytest.raises(TaskDeferred):
        execute(Instance(map_index=0), deferrable=True)
    other = workspace.last
    one = operator()

    def kill(seconds: float) -> None:
        one.on_kill()

    while_waiting(kill)
    with pytest.raises(AirflowException, match="CANCELED"):
        one.execute(context(Instance(map_index=1)))
    assert (workspace.last.cancelled, other.cancelled) == (1, 0)
    assert other.life_cycle_state == "RUNNING"


def test_a_kill_before_there_is_a_run_does_nothing() -> None:
    operator().on_kill()


@pytest.mark.usefixtures("airflow")
def test_a_task_need_not_wait(workspace: Workspace) -> None:
    workspace.hang()
    execute(wait_for_termination=False)
    assert workspace.last.life_cycle_state == "RUNNING"
