"""hermes status: compare the work tree with what is deployed, and say what to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import exit_code_of


@command("status", ("hermes status", "hermes status sales_report --env prod"))
def status(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", help="Environment; may be repeated (default: all but local, or local alone)."),
    ] = None,
) -> int:
    """Compare this work tree with what is deployed: new, changed, up to date or behind, and why."""
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.status import status as work

    workspace = open_workspace(Path())
    standings = work(workspace, projects or (), env or (), notify=printer.tell)
    ref = workspace.ref
    here = f"{ref.kind.value} {ref.branch or ''}".strip() + f" (from {ref.source})"
    printer.say(here + (", with uncommitted changes" if workspace.is_dirty else ""))
    problems = {f"{one.environment}: {one.why}": one.next for one in standings if one.exit_code}
    for one in standings:
        printer.say()
        state = one.state.value + (", but yanked" if one.yanked else "")
        printer.say(f"{one.environment}: {one.project} {one.version}: {state}")
        if one.exit_code:
            continue
        printer.say(f"  {one.why}" + (f"; latest is {one.latest}" if one.latest else ""))
        if one.feature:
            printer.say(f"  {one.feature}")
        if one.next:
            printer.say(f"  next: {one.next}", wrap=False)
    printer.result({"branch": ref.branch, "dirty": workspace.is_dirty, "projects": facts(standings)})
    for problem, hint in problems.items():  # once for all projects of an environment
        printer.complain_of(problem, hint)
    return exit_code_of([one.exit_code for one in standings])
