"""Start runs on Databricks, find them again, and read how they ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowException
from requests.exceptions import RequestException

from ._hermes.errors import HermesError

if TYPE_CHECKING:
    from airflow.providers.databricks.hooks.databricks import DatabricksHook

ATTEMPT_TAG = "attempt"
_SUBMITS = 3
MOST_RUNS = 100  # of a task until it is cleared: far more than a task has retries
_ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
_ANSWER = re.compile(r"Response: (\{.*\}), Status Code: (\d+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as Databricks describes it; `own` where this very try started it."""

    id: int
    url: str
    own: bool
    answer: Mapping[str, Any]

    @property
    def _state(self) -> Mapping[str, Any]:
        state = self.answer.get("state")
        return state if isinstance(state, Mapping) else {}

    @property
    def ended(self) -> bool:
        """True where it has ended, in whatever way."""
        return self._state.get("life_cycle_state") in _ENDED

    @property
    def succeeded(self) -> bool:
        """True where it ended well."""
        return self._state.get("result_state") == "SUCCESS"

    @property
    def result(self) -> str:
        """Its result, in Databricks' own word."""
        return str(self._state.get("result_state") or self._state.get("life_cycle_state") or "unknown")

    @property
    def message(self) -> str:
        """The message of Databricks about its state."""
        return str(self._state.get("state_message") or "")


class DatabricksRuns:
    """The runs on Databricks as one try of a task sees them; `attempt` is a tag of those that it starts."""

    def __init__(self, hook: DatabricksHook, attempt: str) -> None:
        self._hook = hook
        self.attempt = attempt

    def submit(self, body: dict[str, Any], found: Callable[[int], None]) -> Run:
        """Start a run, or find the one that was started with the same token.

        `found` is called with its id before anything else can go wrong. A submit without an answer is
        repeated: its token makes that harmless. Raises `HermesError`.
        """
        for left in reversed(range(_SUBMITS)):
            try:
                identity = self._hook.submit_run(body)
                break
            except RequestException as error:
                if left == 0:
                    raise HermesError(
                        f"Databricks gave no answer to the submit of {body['run_name']} "
                        f"({type(error).__name__})",
                        note="a run may have started: a retry of this task finds it and follows it",
                    ) from error
            except AirflowException as error:
                raise HermesError(
                    f"Databricks did not start {body['run_name']}: {databricks_message(error)}",
                    note="a retry of this task asks for the same run, and never starts a second one",
                ) from error
        found(identity)
        return self.get(identity)

    def get(self, identity: int) -> Run:
        """Read a run. Raises `HermesError`, also where it was deleted."""
        try:
            answer = self._hook.get_run(identity)
        except AirflowException as error:
            message = databricks_message(error)
            if getattr(error, "http_status_code", None) == 404 or "does not exist" in message:
                raise _deleted(identity) from error
            raise HermesError(
                f"the state of run {identity} on Databricks cannot be read: {message}",
                note="a retry of this task finds the run and follows it",
            ) from error
        except RequestException as error:
            raise HermesError(
                f"the state of run {identity} on Databricks cannot be read ({type(error).__name__})",
                note="a retry of this task finds the run and follows it",
            ) from error
        return Run(
            id=identity,
            url=str(answer.get("run_page_url", "")),
            own=_tags(answer).get(ATTEMPT_TAG) == self.attempt,
            answer=answer,
        )

    def reason(self, run: Run) -> str:
        """Return why a run failed: the script's own error where Databricks kept it."""
        for task in run.answer.get("tasks", ()):
            try:
                error = self._hook.get_run_output(task["run_id"]).get("error")
            except (AirflowException, RequestException, KeyError):
                error = None
            if error:
                return str(error)
        return run.message or "Databricks gives no reason"


def _deleted(identity: int) -> HermesError:
    """Return the error for a run that was deleted."""
    return HermesError(
        f"run {identity} was deleted on Databricks meanwhile, so nobody knows whether it succeeded",
        hint="look at the product; clearing the task runs it anew",
    )


def databricks_message(error: Exception) -> str:
    """Return Databricks' answer as one line: its own code and message where it sent any."""
    text = str(error)
    found = _ANSWER.search(text)
    if found is None:
        return " ".join(text.split())
    try:
        answer = json.loads(found[1])
    except ValueError:
        return " ".join(text.split())
    words = [str(answer[key]) for key in ("error_code", "message") if answer.get(key)]
    return f"{': '.join(words) or found[1]} (HTTP {found[2]})"


def _tags(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        tags = answer["tasks"][0]["new_cluster"]["custom_tags"]
    except (KeyError, IndexError, TypeError):
        return {}
    return tags if isinstance(tags, Mapping) else {}
