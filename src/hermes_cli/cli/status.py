"""hermes status: where the work stands, and what to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.domain.errors import exit_code_of

from .app import LOOK, command
from .face import Face, facts


@command("status", LOOK, ("hermes status", "hermes status sales_report --env prod"))
def status(
    face: Face,
    projects: Annotated[list[str] | None, typer.Argument(help="The projects; else all of them.")] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="An environment; else all that are meant.")
    ] = None,
) -> int:
    """Compare what lies here with what is deployed: new, changed, up to date or behind, and why."""
    from hermes_cli.usecases.status import status as work
    from hermes_cli.usecases.workspace import open_workspace

    workspace = open_workspace(Path())
    standings = work(workspace, projects or (), env or (), notify=face.tell)
    ref = workspace.ref
    here = f"{ref.kind.value} {ref.branch or ''}".strip() + f" (from {ref.source})"
    face.say(here + (", with changes that are not committed" if workspace.checkout.dirty else ""))
    problems = {f"{one.environment}: {one.why}": one.next for one in standings if one.exit_code}
    for one in standings:
        face.say()
        face.say(f"{one.environment}: {one.project} {one.version}: {one.state.value}")
        if one.exit_code:
            continue
        face.say(f"  {one.why}" + (f"; latest is {one.latest}" if one.latest else ""))
        if one.feature:
            face.say(f"  {one.feature}")
        if one.next:
            face.say(f"  next: {one.next}")
    face.result({"branch": ref.branch, "dirty": workspace.checkout.dirty, "projects": facts(standings)})
    for problem, hint in problems.items():  # once for all projects of an environment
        face.complain_of(problem, hint)
    return exit_code_of([one.exit_code for one in standings])
