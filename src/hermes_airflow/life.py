"""One life of a task: from its first try, or from being cleared, to its last retry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Life:
    """What all tries of one life have in common, and which of them this is.

    Clearing raises `max_tries` by the tries that were made, and a DAG run that was deleted and made
    again has started anew: either is another life. A retry changes neither.
    """

    dag: str
    run: str
    task: str
    map_index: int
    started: str
    max_tries: int
    try_number: int

    @property
    def first_try(self) -> bool:
        """Whether this task cannot have had a run that has ended."""
        return self.try_number <= 1

    def token(self, counter: int) -> str:
        """The idempotency token of the life's first run (0), its second, and so on: 64 characters."""
        parts = [self.dag, self.run, self.task, self.map_index, self.started, self.max_tries, counter]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def life_of(context: Any) -> Life:
    """The life that an Airflow context belongs to."""
    instance, run = context["ti"], context["dag_run"]
    started = run.start_date
    return Life(
        dag=instance.dag_id,
        run=instance.run_id,
        task=instance.task_id,
        map_index=instance.map_index if instance.map_index is not None else -1,
        started=started.isoformat() if started else "",
        max_tries=instance.max_tries,
        try_number=instance.try_number,
    )
