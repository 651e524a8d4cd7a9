"""hermes run: run a script on this machine or on a job cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.suffixes import Reference

HERE, DATABRICKS = "here", "databricks"


@command(
    "run",
    (
        "hermes run sales_report",
        "hermes run sales_report@latest --env prod",
        "hermes run sales_report/backfill@feature-first -- 2026-01-01",
        "hermes run sales_report --on databricks",
    ),
)
def run(
    printer: Printer,
    target: Annotated[str, typer.Argument(help="The script to run.", metavar="PROJECT[/SCRIPT][@SUFFIX]")],
    parameters: Annotated[
        list[str] | None, typer.Argument(help="Parameters of the script, after --.")
    ] = None,
    env: Annotated[
        str | None,
        typer.Option("--env", help="The environment that SUFFIX is deployed in (default: the first)."),
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            help="Where to run it: here, or databricks (a job cluster).",
            metavar=f"{HERE}|{DATABRICKS}",
        ),
    ] = HERE,
    force: Annotated[bool, typer.Option("--force", help="Run a yanked version anyway.")] = False,
) -> int:
    """Run a script on this machine, or on a job cluster.

    With a suffix, the deployed version is run exactly as on the cluster; without one, the working tree
    with your edits. The script's output and exit code are passed on, and the files that it wrote are named.

    With --on databricks, it runs in the workspace of that environment; the working tree is deployed as
    this branch's feature first. Ctrl-C cancels the run; if the script fails there, the exit code is 6.
    """
    from hermes_cli.domain.contract.errors import InvalidInput
    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.run import run as work

    reference = parse_reference(target)
    if on not in (HERE, DATABRICKS):
        raise InvalidInput(f"--on cannot be {on!r}", hint=f"it can be {HERE} or {DATABRICKS}")
    if on == DATABRICKS:
        return _run_remotely(printer, reference, env, tuple(parameters or ()), force)
    if env and reference.suffix is None:
        raise InvalidInput(
            f"--env names the environment of a suffix, and {target} has no suffix",
            hint=f"hermes run {target}@latest",
        )
    report = work(
        open_workspace(Path()),
        reference,
        environment=env,
        parameters=tuple(parameters or ()),
        quiet=not printer.wants_text,
        force=force,
        notify=printer.tell,
    )
    printer.result(facts(report))
    return report.exit_code


def _run_remotely(
    printer: Printer, reference: Reference, env: str | None, parameters: tuple[str, ...], force: bool
) -> int:
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.run_on_databricks import run_remotely

    report = run_remotely(
        open_workspace(Path()),
        reference,
        environment=env,
        parameters=parameters,
        force=force,
        notify=printer.tell,
    )
    if report.output and printer.wants_text:
        printer.document(report.output.rstrip("\n"))
    printer.result(facts(report))
    if report.error is not None:
        printer.complain_of(
            f"run {report.run_id} ended with {report.result}: {report.error}",
            hint=None,
            note=f"its logs: {report.url}",
        )
    return report.exit_code
