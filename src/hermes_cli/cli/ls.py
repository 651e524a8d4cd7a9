"""hermes ls: list what is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import exit_code_of

if TYPE_CHECKING:
    from hermes_cli.usecases.ls import Row


@command("ls", ("hermes ls", "hermes ls sales_report --env prod"))
def ls(
    printer: Printer,
    project: Annotated[str | None, typer.Argument(help="One project, with all its releases.")] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="Environment; may be repeated (default: all).")
    ] = None,
) -> int:
    """List what is deployed: versions and features, which one is latest, since when, from which commit."""
    from hermes_cli.usecases.ls import listings
    from hermes_cli.usecases.repo.workspace import open_workspace

    found = listings(open_workspace(Path()), project, env or ())
    if not env and len(found) > 1:  # nobody asks for an unused folder of this machine
        found = tuple(listing for listing in found if listing.environment != "local" or listing.rows)
    for number, listing in enumerate(found):
        if number:
            printer.say()
        printer.say(f"{listing.environment}  {listing.url}")
        if listing.problem:
            printer.say("  cannot be read")
            printer.complain_of(f"{listing.environment}: {listing.problem}", listing.hint)
        elif not listing.rows:
            printer.say("  nothing is deployed here yet")
        else:
            printer.table(
                ("PROJECT", "SUFFIX", "VERSION", "DEPLOYED (UTC)", "COMMIT"),
                map(_cells, listing.rows),
                indent=2,
            )
        for name, count in listing.more.items():
            printer.say(f"  and {count} more: hermes ls {name}")
        if any(row.dirty for row in listing.rows):
            printer.say("  + with uncommitted changes")
    printer.result({"environments": facts(found)})
    return exit_code_of([listing.exit_code for listing in found])


def _cells(row: Row) -> tuple[str, ...]:
    project = row.project + (" (retired)" if row.retired else "")
    if row.error:
        return (project, f"{row.suffix} (cannot be read: {row.error})", "", "", "")
    when = row.created.replace("T", " ")[:16]
    commit = (row.commit or "")[:8] + ("+" if row.dirty else "")
    mark = " (latest)" if row.latest else " (yanked)" if row.yanked else ""
    return (project, row.suffix + mark, row.version, when, commit)
