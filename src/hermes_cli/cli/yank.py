"""hermes yank: mark a release as bad."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.operation_result import print_operation
from hermes_cli.cli.output.printer import Printer

_LISTED = 8


@command(
    "yank",
    (
        'hermes yank sales_report@1.2.0 --env prod --reason "counts twice"',
        'hermes yank sales_report@1.2.0 --env prod --reason "counts twice" --to 1.1.0',
    ),
    outputs={},
)
def yank(
    printer: Printer,
    target: Annotated[str, typer.Argument(help="The release to mark.", metavar="PROJECT@VERSION")],
    reason: Annotated[
        str, typer.Option(help="The reason, for the record and for those who ask for this version.")
    ],
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="The release that latest moves back to, if it is this one.", metavar="VERSION"
        ),
    ] = None,
) -> int:
    """Mark a release as bad: `latest` skips it, and `hermes run` refuses it unless forced.

    Nothing is deleted, and it stays on record.
    """
    from hermes_cli.domain.contract.errors import ExitCode
    from hermes_cli.domain.contract.latest_moves import LatestNeedsVersion
    from hermes_cli.domain.contract.names import parse_version
    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.yank import yank as work

    workspace, reference = open_workspace(Path()), parse_reference(target)

    def attempt(back: str | None) -> None:
        version = parse_version(back, "--to") if back else None
        report = work(workspace, reference, env, reason, version, notify=printer.tell)
        print_operation(printer, report, f"{reference.suffix} is yanked")

    try:
        attempt(to)
    except LatestNeedsVersion as error:
        if not printer.may_ask:
            raise
        others = ", ".join(map(str, error.candidates[-_LISTED:]))
        attempt(str(typer.prompt(f"{error.message}: which of {others}", err=True)).strip())
    return ExitCode.DONE
