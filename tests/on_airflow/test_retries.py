"""Tries of one task: what a crash, a lost answer, a failure or clearing makes of the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException

from fake_databricks import Workspace
from on_airflow.conftest import (
    DagRun,
    Instance,
    Product,
    execute,
    set_variables,
    variables,
)
from servers import S3Server

Waiting = Callable[[Callable[[float], None]], None]


class WorkerKilled(BaseException):
    """Nothing of the operator may catch it, as nothing catches a kill."""


@pytest.fixture
def crash(while_waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs one try whose worker is killed while it waits."""

    def kill(seconds: float) -> None:
        raise WorkerKilled

    def run(**arguments: Any) -> None:
        with monkeypatch.context() as patch:
            while_waiting(kill)
            with pytest.raises(WorkerKilled):
                execute(**arguments)
            patch.undo()

    return run


SECOND = Instance(try_number=2)


@pytest.mark.usefixtures("airflow")
def test_a_live_run_is_taken_up_again(
    workspace: Workspace, crash: Callable[..., None], while_waiting: Waiting, log: Callable[[], str]
) -> None:
    workspace.hang()
    crash()
    while_waiting(lambda seconds: workspace.last.end("SUCCESS"))
    again = execute(replace(SECOND, xcoms={}))
    assert list(workspace.runs) == [again.xcoms["run_id"]]
    assert "was taken up again" in log()


@pytest.mark.usefixtures("airflow")
def test_a_run_that_finished_meanwhile_is_adopted(
    workspace: Workspace, crash: Callable[..., None], log: Callable[[], str]
) -> None:
    workspace.hang()
    crash()
    workspace.last.end("SUCCESS")
    again = execute(replace(SECOND, xcoms={}))
    assert list(workspace.runs) == [again.xcoms["run_id"]]
    assert again.xcoms["hermes"]["version"] == "1.1.0"
    assert "was found finished" in log()


@pytest.mark.parametrize("status", [None, 502])
@pytest.mark.usefixtures("airflow")
def test_a_lost_answer_starts_no_second_run(workspace: Workspace, status: int | None) -> None:
    workspace.lose_answer("runs/submit", status=status)
    execute()
    assert len(workspace.runs) == 1
    assert workspace.submits == 2


@pytest.mark.usefixtures("airflow")
def test_a_retry_follows_the_run_whose_answer_was_lost_for_good(workspace: Workspace) -> None:
    workspace.lose_answer("runs/submit", times=2, status=502)
    with pytest.raises(AirflowException, match="did not start") as caught:
        execute()
    assert not isinstance(caught.value, AirflowFailException)
    execute(replace(SECOND, xcoms={}))
    assert len(workspace.runs) == 1


def fail_once(**arguments: Any) -> None:
    with pytest.raises(AirflowException, match="failed on Databricks"):
        execute(**arguments)


def own(airflow: pytest.MonkeyPatch, product: Product, s3: S3Server) -> None:
    set_variables(airflow, variables(product, s3))


def test_a_new_latest_does_not_change_what_a_retry_runs(
    workspace: Workspace, own_product: Product, airflow: pytest.MonkeyPatch, s3_server: S3Server
) -> None:
    own(airflow, own_product, s3_server)
    workspace.fail()
    fail_once()
    own_product.release("2.0.0", word="newer")
    again = execute(replace(SECOND, xcoms={}))
    first, second = workspace.runs.values()
    assert again.xcoms["hermes"]["version"] == "1.0.0"
    assert '"word": "first"' in second.logs
    assert first.body["idempotency_token"] != second.body["idempotency_token"]
    assert first.task["spark_python_task"] == second.task["spark_python_task"]
    assert first.task["libraries"] == second.task["libraries"]
    # Cleared, it runs what is latest now.
    cleared = execute(Instance(try_number=3, max_tries=4))
    assert cleared.xcoms["hermes"]["version"] == "2.0.0"
    assert len(workspace.runs) == 3


def test_a_new_deploy_of_a_feature_does_not_change_what_a_retry_runs(
    workspace: Workspace, own_product: Product, airflow: pytest.MonkeyPatch, s3_server: S3Server
) -> None:
    own(airflow, own_product, s3_server)
    own_product.feature("feature/try", word="before")
    workspace.fail("", "Databricks itself failed")
    fail_once(script_version="feature/try")
    own_product.feature("feature/try", word="after")
    execute(replace(SECOND, xcoms={}), script_version="feature/try")
    assert '"word": "before"' in workspace.last.logs


def test_a_version_that_was_yanked_meanwhile_is_not_run_again(
    workspace: Workspace, own_product: Product, airflow: pytest.MonkeyPatch, s3_server: S3Server
) -> None:
    own(airflow, own_product, s3_server)
    own_product.release("1.1.0")
    workspace.fail()
    fail_once()
    own_product.yank("1.1.0", "--to", "1.0.0")
    with pytest.raises(AirflowFailException, match=r"shop 1.1.0 is yanked: it lies"):
        execute(replace(SECOND, xcoms={}))
    assert len(workspace.runs) == 1


@pytest.mark.usefixtures("airflow")
def test_each_failure_gives_the_next_try_a_run_of_its_own(workspace: Workspace) -> None:
    for number in (1, 2, 3):
        workspace.fail()
        with pytest.raises(AirflowException, match=f"run {101 + len(workspace.runs)}|failed on Databricks"):
            execute(Instance(try_number=number))
        assert len(workspace.runs) == number


@pytest.mark.usefixtures("airflow")
def test_a_task_that_is_cleared_runs_anew(workspace: Workspace) -> None:
    execute()
    execute(Instance(try_number=2, max_tries=3))
    assert len(workspace.runs) == 2


@pytest.mark.usefixtures("airflow")
def test_a_dag_run_that_was_made_again_runs_anew(workspace: Workspace) -> None:
    execute()
    execute(run=DagRun(start_date=DagRun().start_date + timedelta(days=1)))
    assert len(workspace.runs) == 2
    # `airflow dags test` gives every run of one date the same start.
    execute()
    assert len(workspace.runs) == 3


@pytest.mark.parametrize(
    "other", [{"dag_id": "other"}, {"run_id": "manual"}, {"task_id": "again"}, {"map_index": 1}]
)
@pytest.mark.usefixtures("airflow")
def test_every_task_instance_has_its_own_run(workspace: Workspace, other: dict[str, Any]) -> None:
    workspace.hang()
    workspace.hang()
    execute(wait_for_termination=False)
    execute(replace(Instance(), xcoms={}, **other), wait_for_termination=False)
    assert len(workspace.runs) == 2


@pytest.mark.usefixtures("airflow")
def test_a_run_that_is_deleted_while_it_is_followed_fails_the_task(
    workspace: Workspace, while_waiting: Waiting
) -> None:
    workspace.hang()
    while_waiting(lambda seconds: workspace.delete(workspace.last.id))
    with pytest.raises(AirflowException, match="was deleted on Databricks meanwhile"):
        execute()
    with pytest.raises(AirflowException, match="was deleted"):
        execute(replace(SECOND, xcoms={}))
    assert len(workspace.runs) == 1
