"""hermes deploy: build projects, and upload them to where the branch may deploy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.deploy_table import DEPLOYED, WORDS, show_receipts
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import exit_code_of
from hermes_cli.domain.deploy_plan import Change, Receipt, Step

if TYPE_CHECKING:
    from hermes_cli.domain.project import Project
    from hermes_cli.usecases.deploy import DeployReport
    from hermes_cli.usecases.repo.workspace import Workspace

_NEW = (Change.RELEASE, Change.FEATURE)  # what was there before may be yanked, and is not proposed
_PROPOSED = 3
_WOULD = {
    Change.RELEASE: "would release",
    Change.FEATURE: "would deploy",
    Change.COMPLETE: "would complete",
    Change.NOTHING: "would leave",
    Change.REFUSED: "would refuse",
    Change.FAILED: "cannot deploy",
    Change.SKIPPED: "would skip",
}


@command(
    "deploy",
    (
        "hermes deploy",
        "hermes deploy sales_report --env dev",
        "hermes deploy --env prod --from dist",
        "hermes deploy --dry-run",
    ),
    outputs={"deployed": "", "changed": "false"},
)
def deploy(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env", help="Environment; may be repeated (default: all that this branch may deploy to)."
        ),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option(help="The feature branch to deploy as, when git cannot determine the branch."),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Deploy the build in this folder, made by `hermes build`.", metavar="DIST"
        ),
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only projects that this branch changes.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, without doing it.")
    ] = False,
) -> int:
    """Deploy projects to the environments that this branch may deploy to.

    A feature branch deploys to dev, under its own name. The default branch releases the version to
    dev and prod, and moves `latest` to it when it is new.
    """
    from hermes_cli.usecases.deploy import DeployRequest
    from hermes_cli.usecases.deploy import deploy as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    request = DeployRequest(
        projects=tuple(projects or ()),
        environments=tuple(env or ()),
        branch=branch,
        bundle=bundle.resolve() if bundle else None,
        changed=changed,
        dry_run=dry_run,
    )
    workspace = open_workspace(Path())
    with printer.progress() as notify:
        report = work(workspace, request, notify=notify)
    _tell_ci(printer, report)
    printer.result(report_facts(report))
    if report.dry_run:
        show_plan(printer, report)
        return exit_code_of([step.exit_code for step in report.steps])
    _show(printer, report, request.projects, workspace)
    return exit_code_of([receipt.exit_code for receipt in report.receipts])


def report_facts(report: DeployReport) -> dict[str, Any]:
    """Return a report as the facts of a result: the plan, and a row for each receipt unless in a dry run."""
    return {
        "dry_run": report.dry_run,
        "dirty": report.dirty,
        "steps": report.steps,
        "receipts": () if report.dry_run else [_receipt_facts(receipt) for receipt in report.receipts],
        "left_out": report.left_out,
    }


def _receipt_facts(receipt: Receipt) -> dict[str, Any]:
    return {
        "environment": receipt.step.environment,
        "project": receipt.step.project,
        "suffix": receipt.step.suffix,
        "version": receipt.step.version,
        "change": receipt.change,
        "reason": receipt.reason,
        "hint": receipt.hint,
        "exit_code": receipt.exit_code,
        "latest": receipt.latest,
        "url": receipt.url,
        "written": receipt.written,
    }


def _tell_ci(printer: Printer, report: DeployReport) -> None:
    receipts = () if report.dry_run else report.receipts
    done = [receipt for receipt in receipts if receipt.change in DEPLOYED]
    names = dict.fromkeys(f"{receipt.step.project}@{receipt.step.suffix}" for receipt in done)
    printer.report.output("deployed", " ".join(names))
    printer.report.output("changed", "true" if done else "false")
    columns = ("environment", "project", "suffix", "result", "latest")
    planned = [(s.environment, s.project, s.suffix, _WOULD[s.change], "") for s in report.steps]
    written = [
        (r.step.environment, r.step.project, r.step.suffix, WORDS[r.change], r.latest or "") for r in receipts
    ]
    printer.report.table(columns, planned if report.dry_run else written)


def show_plan(printer: Printer, report: DeployReport) -> None:
    """Write what would be done, object by object."""
    for step in report.steps:
        _explain(printer, step.environment, step.project, step.suffix, step.change, step.reason)
        for planned in step.objects:
            size = f"  {planned.size} bytes" if planned.size is not None else ""
            printer.say(f"  {'+' if planned.creates else '~'} {planned.key}{size}")
        if step.hint:
            printer.say(f"  next: {step.hint}")
        if step.exit_code:
            printer.report.problem(
                f"{step.environment}: {step.project}@{step.suffix}: {step.reason}", step.hint
            )
    for left_out in report.left_out:
        printer.say(f"{left_out.environment}: blocked: {left_out.reason}")
        if left_out.hint:
            printer.say(f"  next: {left_out.hint}")
    printer.say("nothing was written: this was a dry run (+ is created, ~ replaced)")


def _explain(
    printer: Printer, environment: str, project: str, suffix: str, change: Change, reason: str
) -> None:
    printer.say(f"{environment}: {_WOULD[change]} {project}@{suffix}: {reason}")


def _show(printer: Printer, report: DeployReport, named: Sequence[str], workspace: Workspace) -> None:
    if not report.receipts:
        which = "none of the named projects" if named else "no project"
        printer.say(f"nothing to deploy: {which} has changed")
    show_receipts(printer, report.receipts)
    for left_out in report.left_out:
        printer.advise((), (f"{left_out.environment} was left out: {left_out.reason}",))
    if report.dirty:
        printer.advise((), ("this holds changes that are not committed",))
    if any(receipt.exit_code for receipt in report.receipts):
        return
    new = [receipt.step for receipt in report.receipts if receipt.change in _NEW]
    default = workspace.default_environment().name
    projects: dict[str, Project] = {project.name: project for project in workspace.projects}
    commands = (_run(step, projects[step.project], default) for step in new if step.project in projects)
    printer.advise(tuple(islice(filter(None, commands), _PROPOSED)))


def _run(step: Step, project: Project, default: str) -> str | None:
    """Return the command that runs what a step deployed; None for a library, which has no script."""
    if not project.scripts:
        return None
    script = "" if project.main_script else f"/{project.scripts[0].name}"
    environment = f" --env {step.environment}" if step.environment != default else ""
    return f"hermes run {step.project}{script}@{step.suffix}{environment}"
