"""hermes verify: read everything that is deployed, and compare it with its record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode, exit_code_of


@command("verify", ("hermes verify", "hermes verify sales_report --env prod"))
def verify(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="Environment; may be repeated (default: all).")
    ] = None,
) -> int:
    """Read every manifest, artifact and named copy, and compare digests. Ends with 7 if anything is wrong."""
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.verify import verify as work

    report = work(open_workspace(Path()), projects or (), env or (), notify=printer.tell)
    for one in report.findings:
        printer.complain_of(f"{one.environment}: {one.key}: {one.problem}", one.fix)
    for unasked in report.unasked:
        printer.complain_of(f"{unasked.environment}: {unasked.problem}", unasked.hint)
    state = f"findings: {len(report.findings)}" if report.findings else "everything matches its record"
    printer.say(f"suffixes read: {report.suffixes}, objects read: {report.objects}; {state}")
    printer.result(facts(report))
    found = ExitCode.FINDINGS if report.findings else ExitCode.DONE
    return exit_code_of([found, *(unasked.exit_code for unasked in report.unasked)])
