"""hermes plan: what a deploy would do, why, and what blocks it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.domain.errors import Findings, Refused, exit_code_of
from hermes_cli.domain.plan import Change

from .app import SHIP, command
from .deploy import show_plan
from .face import Face, facts


@command("plan", SHIP, ("hermes plan", "hermes plan sales_report --env prod --detailed-exitcode"))
def plan(
    face: Face,
    projects: Annotated[list[str] | None, typer.Argument(help="The projects; else all of them.")] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="An environment; else all that are meant.")
    ] = None,
    branch: Annotated[str | None, typer.Option(help="The feature branch to plan for.")] = None,
    bundle: Annotated[
        Path | None, typer.Option("--from", help="Plan for what lies in this folder.", metavar="DIST")
    ] = None,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 7 where a deploy would change something.")
    ] = False,
) -> int:
    """Show what `hermes deploy` would do and why, also what blocks it. Writes nothing."""
    from hermes_cli.usecases.deploy import DeployRequest, deploy
    from hermes_cli.usecases.workspace import open_workspace

    request = DeployRequest(
        projects=tuple(projects or ()),
        environments=tuple(env or ()),
        branch=branch,
        bundle=bundle.resolve() if bundle else None,
        dry_run=True,
        tolerant=True,
    )
    with face.progress() as notify:
        report = deploy(open_workspace(Path()), request, notify=notify)
    face.result(facts(report))
    show_plan(face, report)
    blocked = bool(report.left_out) and (bool(env) or not report.steps)
    code = exit_code_of([*(step.exit_code for step in report.steps), Refused.exit_code if blocked else 0])
    if code == 0 and detailed and any(step.change is not Change.NOTHING for step in report.steps):
        return Findings.exit_code
    return code
