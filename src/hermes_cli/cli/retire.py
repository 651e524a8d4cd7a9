"""hermes retire: give up a project's name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.operation_result import print_operation
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import ExitCode


@command("retire", ('hermes retire sales_report --env prod --reason "replaced by sales"',))
def retire(
    printer: Printer,
    project: Annotated[str, typer.Argument(help="The project.")],
    reason: Annotated[str, typer.Option(help="The reason, for the record.")],
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
) -> int:
    """Give up a project's name: nothing is deployed under it any more. Its releases stay."""
    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.retire import retire as work

    report = work(open_workspace(Path()), parse_reference(project), env, reason, notify=printer.tell)
    print_operation(printer, report, "the name is retired")
    return ExitCode.DONE
