"""hermes dag new: the file of a DAG, in a team's Airflow repo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hermes_cli.domain.config_keys import AIRFLOW
from hermes_cli.domain.contract.errors import Conflict
from hermes_cli.domain.contract.names import parse_team
from hermes_cli.domain.contract.suffixes import Reference, parse_suffix
from hermes_cli.domain.dag_file import DagFile, default_name, parse_dag_name
from hermes_cli.usecases.repo.workspace import Workspace

FOLDER = "dags"


@dataclass(frozen=True, kw_only=True)
class DagReport:
    """The file that was written; `next` are the commands to type next."""

    id: str
    path: Path
    project: str
    script: str | None
    version: str
    schedule: str | None
    next: tuple[str, ...]


def new_dag(
    workspace: Workspace,
    reference: Reference,
    *,
    schedule: str | None,
    start: date,
    name: str | None = None,
    library: str | None = None,
    parameters: Sequence[str] = (),
    view_teams: Sequence[str] = (),
) -> DagReport:
    """Write the file of a DAG that runs a script.

    Raises `InvalidInput` in a repo of another kind, `Conflict` where there is such a file.
    """
    workspace.require_kind(AIRFLOW)
    dag = DagFile(
        name=parse_dag_name(name) if name else default_name(reference),
        team=workspace.settings.team,
        reference=reference,
        schedule=schedule,
        start=start,
        library=str(parse_suffix(library)) if library else None,
        parameters=tuple(parameters),
        view_teams=tuple(parse_team(team) for team in view_teams),
    )
    text = dag.source()
    path = workspace.root / FOLDER / f"{dag.name}.py"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise Conflict(
            f"{FOLDER}/{path.name} is there already",
            hint=f"edit it, or give this DAG another name: --name {dag.name}_2",
        ) from None
    scheduled = f"{reference.project}/{reference.script}" if reference.script else reference.project
    return DagReport(
        id=dag.id,
        path=path,
        project=reference.project,
        script=reference.script,
        version=str(reference.suffix or "latest"),
        schedule=schedule,
        next=(
            "build_tools/test.sh",
            f"git switch -c feature/{dag.name.replace('_', '-')}",
            f'git add {FOLDER}/{path.name} && git commit -m "Schedule {scheduled}"',
        ),
    )
