"""hermes prune: remove features that nobody needs, and builds that nothing refers to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command("prune", ("hermes prune --env dev", "hermes prune --env dev --older-than 30 --apply"))
def prune(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
    older_than: Annotated[
        int | None,
        typer.Option(
            help="Also features that were deployed more than this many days ago.", min=1, metavar="DAYS"
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Remove them (default: only show them).")] = False,
) -> int:
    """Remove features whose branch is gone, and builds that nothing uses. Releases always stay."""
    from hermes_cli.usecases.prune import prune as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    report = work(
        open_workspace(Path()), projects or (), env, older_than=older_than, apply=apply, notify=printer.tell
    )
    verb = "would remove" if report.dry_run else "removed"
    for one in report.pruned:
        printer.say(f"{report.environment}: {verb} {one.project}: {one.what} ({one.why})")
    if not report.pruned:
        printer.say(f"{report.environment}: nothing to remove")
    elif report.dry_run:
        printer.say("nothing was removed: add --apply to do it")
    printer.result(facts(report))
    return ExitCode.DONE
