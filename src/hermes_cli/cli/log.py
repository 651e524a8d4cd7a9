"""hermes log: show who did what, and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import exit_code_of

if TYPE_CHECKING:
    from hermes_cli.usecases.log import LogEntry


@command("log", ("hermes log sales_report", "hermes log sales_report --env prod"))
def log(
    printer: Printer,
    project: Annotated[str, typer.Argument(help="The project.")],
    env: Annotated[
        list[str] | None, typer.Option("--env", help="Environment; may be repeated (default: all).")
    ] = None,
) -> int:
    """Show who deployed, moved or yanked what, when, and from which commit."""
    from hermes_cli.usecases.log import log as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    report = work(open_workspace(Path()), project, env or ())
    rows = [
        (
            one.at.replace("T", " ")[:16],
            one.environment,
            _what(one) + (f": {one.reason}" if one.reason else ""),
            one.actor or "unknown",
            (one.commit or "")[:8],
        )
        for one in report.entries
    ]
    if rows:
        printer.table(("WHEN (UTC)", "WHERE", "WHAT", "WHO", "COMMIT"), rows, prose=2)
    elif not report.unasked:
        printer.say(f"nothing is recorded for {project}")
    for unasked in report.unasked:
        printer.complain_of(f"{unasked.environment}: {unasked.problem}", unasked.hint)
    printer.result(facts(report))
    return exit_code_of([unasked.exit_code for unasked in report.unasked])


def _what(entry: LogEntry) -> str:
    from hermes_cli.usecases.log import MOVED, WENT_BACK

    return f"{entry.what}{' to' * (entry.what in (MOVED, WENT_BACK))} {entry.suffix}".strip()
