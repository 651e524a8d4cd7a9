"""hermes dag new: write a DAG for a project, in a team's Airflow repo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command(
    "dag new",
    (
        "hermes dag new sales_report --schedule '30 6 * * *'",
        "hermes dag new sales_report/backfill@1.2.0 --schedule none --parameter '{{ ds }}'",
    ),
)
def dag_new(
    printer: Printer,
    target: Annotated[
        str, typer.Argument(help="The script that the DAG runs.", metavar="PROJECT[/SCRIPT][@SUFFIX]")
    ],
    schedule: Annotated[
        str, typer.Option(help="A cron expression in UTC, a preset such as @weekly, or none.")
    ] = "@daily",
    start: Annotated[
        str | None,
        typer.Option(help="The first day on which it is due (default: today).", metavar="YYYY-MM-DD"),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="A parameter of the script; repeat it for more, in order.")
    ] = None,
    library: Annotated[
        str | None,
        typer.Option(help="Another suffix for the library (default: the script's).", metavar="SUFFIX"),
    ] = None,
    view_team: Annotated[
        list[str] | None, typer.Option(help="Another team that may see the logs; repeat it for more.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="File name and id of the DAG (default: from the script).")
    ] = None,
) -> int:
    """Write a DAG that runs a deployed script with HermesOperator.

    Run it in a team's Airflow repo (hermes new --kind airflow). Without a suffix, each run of the DAG
    takes the version that is `latest` at that time. An existing file is never changed.
    """
    from datetime import UTC, datetime

    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.domain.dag_file import parse_schedule, parse_start
    from hermes_cli.usecases.dag_new import new_dag
    from hermes_cli.usecases.repo.workspace import open_workspace

    report = new_dag(
        open_workspace(Path()),
        parse_reference(target),
        schedule=parse_schedule(schedule),
        start=parse_start(start) if start else datetime.now(UTC).date(),
        name=name,
        library=library,
        parameters=parameter or (),
        view_teams=view_team or (),
    )
    printer.say(f"wrote the DAG {report.id} to {report.path.parent.name}/{report.path.name}")
    printer.result(facts(report))
    printer.advise(report.next)
    return ExitCode.DONE
