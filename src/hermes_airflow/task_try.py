"""One try of an Airflow task, and the idempotency tokens that it shares with the tries before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TaskTry:
    """A try of a task; all but `try_number` is the same for each retry.

    Clearing the task raises `max_tries` by the tries that were made, and a DAG run that was deleted and
    made again has another `started`: after either the tokens are new, and so are the Databricks runs.
    """

    dag: str
    run: str
    task: str
    map_index: int
    started: str
    max_tries: int
    try_number: int

    @property
    def is_first(self) -> bool:
        """True where no earlier try of this task can have started a run."""
        return self.try_number <= 1

    def token(self, counter: int) -> str:
        """Return the idempotency token of the first Databricks run (0), the second, and so on: 64 characters."""
        parts = [self.dag, self.run, self.task, self.map_index, self.started, self.max_tries, counter]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def task_try_of(context: Any) -> TaskTry:
    """Return the try that an Airflow context belongs to."""
    instance, run = context["ti"], context["dag_run"]
    started = run.start_date
    return TaskTry(
        dag=instance.dag_id,
        run=instance.run_id,
        task=instance.task_id,
        map_index=instance.map_index if instance.map_index is not None else -1,
        started=started.isoformat() if started else "",
        max_tries=instance.max_tries,
        try_number=instance.try_number,
    )
