"""hermes rollback: move `latest` back to a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.operation_result import print_operation
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import ExitCode


@command(
    "rollback",
    ('hermes rollback sales_report@1.1.0 --env prod --reason "wrong totals"',),
    outputs={},
)
def rollback(
    printer: Printer,
    target: Annotated[
        str, typer.Argument(help="The release that latest moves to.", metavar="PROJECT@VERSION")
    ],
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
    reason: Annotated[str | None, typer.Option(help="The reason, for the record.")] = None,
) -> int:
    """Move `latest` back to a release, on purpose. Nothing is deleted.

    A later deploy moves it forward again, but only above everything that is released now.
    """
    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.rollback import rollback as work

    report = work(open_workspace(Path()), parse_reference(target), env, reason, notify=printer.tell)
    print_operation(printer, report)
    return ExitCode.DONE
