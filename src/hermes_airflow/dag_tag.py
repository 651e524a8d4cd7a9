"""The tag by which dashboards find the DAGs of Hermes."""

from __future__ import annotations

from typing import Any

# A tag of Airflow is one string, so it holds the name and the value.
TAG = "compaas-service:hermes"


def tag_dag(dag: Any) -> None:
    """Give a DAG the tag, unless it has it in this or a similar spelling."""
    if dag is None or any(str(tag).replace(" ", "") == TAG for tag in dag.tags):
        return
    if isinstance(dag.tags, list):  # Airflow 2
        dag.tags.append(TAG)
    else:
        dag.tags.add(TAG)
