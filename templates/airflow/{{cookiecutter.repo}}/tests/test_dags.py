"""Every DAG of this repo can be imported, and is marked as one of its team."""

from pathlib import Path

import pytest

DAGS = Path(__file__).resolve().parent.parent / "dags"
FILES = sorted(DAGS.rglob("*.py"))
TEAM = {{ cookiecutter.team | tojson }}


@pytest.fixture(scope="module")
def bag():
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # Airflow 2
        from airflow.models import DagBag
    return DagBag(dag_folder=str(DAGS))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(DAGS).as_posix())
def test_a_file_can_be_imported_and_holds_a_dag(bag, file):
    broken = {path: error for path, error in bag.import_errors.items() if file.name in path}
    assert not broken, "\n".join(map(str, broken.values()))
    assert [dag for dag in bag.dags.values() if dag.fileloc == str(file)], f"{file.name} holds no DAG"


def test_every_dag_is_marked_as_one_of_the_team(bag):
    for dag in bag.dags.values():
        assert dag.dag_id.startswith(f"{TEAM}_"), f"{dag.dag_id}: begin its dag_id with {TEAM}_"
        assert dag.owner == TEAM, f"{dag.dag_id}: write {TEAM} as owner in its default_args"
        assert TEAM in dag.tags, f'{dag.dag_id}: add the tag "{TEAM}"'


def test_what_hermes_runs_is_found_by_its_tag(bag):
    for dag in bag.dags.values():
        if any(task.task_type == "HermesOperator" for task in dag.tasks):
            assert "compaas-service:hermes" in dag.tags, f"{dag.dag_id} has no tag compaas-service:hermes"
