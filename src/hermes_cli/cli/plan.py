"""hermes plan: show what a deploy would do, why, and what blocks it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import ExitCode, exit_code_of
from hermes_cli.domain.deploy_plan import Change

from .deploy import report_facts, show_plan


@command("plan", ("hermes plan", "hermes plan sales_report --env prod --detailed-exitcode"))
def plan(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", help="Environment; may be repeated (default: all but local, or local alone)."),
    ] = None,
    branch: Annotated[str | None, typer.Option(help="The feature branch to plan for.")] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--from", help="Plan for the build in this folder (`hermes build`).", metavar="DIST"),
    ] = None,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 7 if a deploy would change something.")
    ] = False,
) -> int:
    """Show what `hermes deploy` would do, why, and what blocks it. Nothing is written."""
    from hermes_cli.usecases.deploy import DeployRequest, deploy
    from hermes_cli.usecases.repo.workspace import open_workspace

    request = DeployRequest(
        projects=tuple(projects or ()),
        environments=tuple(env or ()),
        branch=branch,
        bundle=bundle.resolve() if bundle else None,
        dry_run=True,
        tolerant=True,
    )
    with printer.progress() as notify:
        report = deploy(open_workspace(Path()), request, notify=notify)
    printer.result(report_facts(report))
    show_plan(printer, report)
    blocked = bool(report.left_out) and (bool(env) or not report.steps)
    code = exit_code_of(
        [*(step.exit_code for step in report.steps), ExitCode.REFUSED if blocked else ExitCode.DONE]
    )
    if code == 0 and detailed and any(step.change is not Change.NOTHING for step in report.steps):
        return ExitCode.FINDINGS
    return code
