"""HermesOperator: the arguments of a DAG's author; all else is looked up when the task runs."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferralError
from airflow.providers.databricks.operators.databricks import (
    XCOM_RUN_ID_KEY,
    XCOM_RUN_PAGE_URL_KEY,
    DatabricksSubmitRunOperator,
)
from airflow.providers.databricks.triggers.databricks import DatabricksExecutionTrigger

from ._hermes.errors import ExitCode, HermesError
from ._hermes.layout import Layout
from ._hermes.names import parse_project, parse_script, parse_team
from .airflow_variables import read_setup
from .dag_tag import tag_dag
from .launch import LaunchedRun, RunRequest, launch
from .links import DatabricksLogsLink
from .runs import DatabricksRuns, Run, databricks_message
from .task_try import task_try_of

try:
    from airflow.sdk import Variable
except ImportError:  # Airflow 2
    from airflow.models import Variable

if TYPE_CHECKING:
    from airflow.models.dag import DAG
    from airflow.utils.context import Context

XCOM_HERMES_KEY = "hermes"
# A retry changes nothing about these failures.
_FOR_GOOD = (ExitCode.USAGE, ExitCode.REFUSED, ExitCode.CONFLICT)


class HermesOperator(DatabricksSubmitRunOperator):
    """Runs a deployed script with its library on a Databricks job cluster.

    :param team: the team that the project belongs to; it may see the logs
    :param project_name: the project
    :param script_name: one of its scripts; without it the one that is named after the project
    :param script_version: a version, ``latest``, ``feature-<slug>`` or the name of a branch
    :param library_version: the same for the library; without it the library that was deployed with
        the script, if it has one
    :param parameters: strings, which the script finds in ``sys.argv``
    :param use_data_sharing: in dev, read production data; elsewhere without effect
    :param view_access_control_list: further teams that may see the logs
    :param timeout_seconds: the time after which Databricks ends the run

    All other arguments are those of `DatabricksSubmitRunOperator`: ``databricks_conn_id``, ``deferrable``,
    ``polling_period_seconds`` and so on.
    """

    template_fields: Sequence[str] = (
        "script_version",
        "library_version",
        "parameters",
        "databricks_conn_id",
    )
    operator_extra_links = (DatabricksLogsLink(),)

    def __init__(
        self,
        *,
        team: str,
        project_name: str,
        script_name: str | None = None,
        script_version: str = "latest",
        library_version: str | None = None,
        parameters: Sequence[str] = (),
        use_data_sharing: bool = True,
        view_access_control_list: Sequence[str] = (),
        timeout_seconds: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.team = team
        self.project_name = project_name
        self.script_name = script_name
        self.script_version = script_version
        self.library_version = library_version
        self.parameters = parameters
        self.use_data_sharing = use_data_sharing
        self.view_access_control_list = view_access_control_list
        self.timeout_seconds = timeout_seconds  # not every provider keeps it

    @property
    def dag(self) -> DAG:
        """The DAG of the task, which gets the tag of Hermes."""
        return super().dag

    @dag.setter
    def dag(self, dag: DAG | None) -> None:
        DatabricksSubmitRunOperator.dag.fset(self, dag)
        tag_dag(dag)

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Give the DAG of a mapped task the tag now: the task itself is made when the DAG runs."""
        made = super().partial(**kwargs)
        tag_dag(made.kwargs.get("dag"))
        return made

    def execute(self, context: Context) -> None:
        """Start the run, or find it again, and wait for its end."""
        try:
            launched = self._launch(context)
            self._record(context, launched)
            run = launched.run
            if not self.wait_for_termination:
                return
            if self.deferrable and not run.ended:
                self._defer(launched)
            while not run.ended:
                time.sleep(self.polling_period_seconds)
                run = launched.runs.get(run.id)
            if not run.succeeded:
                raise AirflowException(_failure(launched.target, run, launched.runs.reason(run)))
        except HermesError as error:
            raise _airflow_exception(error) from error
        self.log.info("%s has succeeded: %s", launched.target, run.url)

    def execute_complete(
        self,
        context: Context,  # noqa: ARG002 - Airflow passes it
        event: dict[str, Any],
        target: str = "the run",
    ) -> None:
        """Report the end of a run that a trigger waited for."""
        from airflow.providers.databricks.hooks.databricks import RunState
        from airflow.providers.databricks.utils.databricks import validate_trigger_event

        validate_trigger_event(event)
        state = RunState.from_json(event["run_state"])
        url = event["run_page_url"]
        if not state.is_successful:
            errors = [str(one.get("error")) for one in event["errors"] if one.get("error")]
            raise AirflowException(
                f"{target} failed on Databricks ({state.result_state or state.life_cycle_state}): "
                f"{'; '.join(errors) or state.state_message or 'no reason given'} "
                f"(run {event['run_id']}, logs: {url})"
            )
        self.log.info("%s has succeeded: %s", target, url)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a trigger; it fails where it could not ask Databricks any more."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralError as error:
            lines = "".join((next_kwargs or {}).get("traceback") or [str(error)]).strip().splitlines()
            raise AirflowException(
                f"the run can no longer be followed: {databricks_message(Exception(lines[-1]))} "
                "(a retry of this task finds it again; where it was deleted, clearing the task runs it anew)"
            ) from error

    def on_kill(self) -> None:
        """Cancel the run that this task started or follows, and no other."""
        if self.run_id:
            super().on_kill()

    def _launch(self, context: Context) -> LaunchedRun:
        team = parse_team(self.team)
        request = RunRequest(
            layout=Layout(team, parse_project(self.project_name)),
            script=parse_script(self.script_name) if self.script_name is not None else None,
            script_version=self.script_version,
            library_version=self.library_version,
            parameters=self.parameters,
            use_data_sharing=self.use_data_sharing,
            view_teams=self.view_access_control_list,
            timeout_seconds=self.timeout_seconds,
        )
        setup = read_setup(team, lambda name: Variable.get(name, None))
        runs = DatabricksRuns(self._hook, uuid.uuid4().hex)
        return launch(request, setup, task_try_of(context), runs, self._note_run)

    def _note_run(self, identity: int) -> None:
        self.run_id = identity

    def _record(self, context: Context, launched: LaunchedRun) -> None:
        run = launched.run
        for line in launched.log_lines():
            self.log.info(line)
        if launched.pin.mixed:
            self.log.warning(
                "script and library were mixed: the script is of %s, the library of %s",
                launched.pin.suffix,
                launched.pin.library,
            )
        if self.do_xcom_push:
            instance = context["ti"]
            instance.xcom_push(key=XCOM_RUN_ID_KEY, value=run.id)
            instance.xcom_push(key=XCOM_RUN_PAGE_URL_KEY, value=run.url)
            instance.xcom_push(key=XCOM_HERMES_KEY, value=launched.record())

    def _defer(self, launched: LaunchedRun) -> None:
        self.defer(
            trigger=DatabricksExecutionTrigger(
                run_id=launched.run.id,
                databricks_conn_id=self.databricks_conn_id,
                polling_period_seconds=self.polling_period_seconds,
                retry_limit=self.databricks_retry_limit,
                retry_delay=self.databricks_retry_delay,
                retry_args=self.databricks_retry_args,
                run_page_url=launched.run.url,
            ),
            method_name="execute_complete",
            kwargs={"target": launched.target},
        )


def _failure(target: str, run: Run, reason: str) -> str:
    return f"{target} failed on Databricks ({run.result}): {reason} (run {run.id}, logs: {run.url})"


def _airflow_exception(error: HermesError) -> AirflowException:
    """Return the exception for Airflow: one that it does not retry where a retry cannot help."""
    text = error.message + (f" – {error.advice}" if error.advice else "")
    return (AirflowFailException if error.exit_code in _FOR_GOOD else AirflowException)(text)
