"""hermes adopt: turn a notebook or a loose script into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode

if TYPE_CHECKING:
    from hermes_cli.usecases.adopt import Remark


@command(
    "adopt",
    (
        "hermes adopt ~/notebooks/sales.ipynb",
        "hermes adopt churn.py --project shop   (a further script of shop)",
        "hermes adopt report.ipynb -o json",
    ),
)
def adopt(
    printer: Printer,
    file: Annotated[Path, typer.Argument(help="A script, or a Jupyter or Databricks notebook.")],
    project: Annotated[
        str | None, typer.Option(help="A new or an existing project (default: named after the file).")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let code of the repo's template run: its hooks and extensions.")
    ] = False,
) -> int:
    """Turn a notebook or a loose script into a project of this repo; the file itself is not changed.

    Code that could not be converted is listed with its cell and line, and marked by a TODO comment.
    Exits with 7 where something is left to do.
    """
    from hermes_cli.usecases.adopt import adopt as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    report = work(open_workspace(Path()), file, project=project, trusted=trust, notify=printer.tell)
    printer.say(f"adopted {file.name}, a {report.form}, as the {report.kind} {report.name}:")
    for one in report.files:
        printer.say(f"  {one}")
    if report.requirements:
        printer.say(f"dependencies: {', '.join(report.requirements)}")
    if report.test_requirements:
        printer.say(f"for its tests only: {', '.join(report.test_requirements)} (a cluster provides it)")
    if report.parameters:
        printer.say(f"options: {', '.join(report.parameters)}")
    if report.secrets:
        printer.say(f"secrets, as its pyproject.toml names them: {', '.join(report.secrets)}")
    if report.notes:
        printer.say("changed or left out:")
    for remark in report.notes:
        printer.say(f"  {_place(remark, file)}: {remark.what}")
    if report.left:
        printer.say("left to do:")
    for remark in report.left:
        printer.say(f"  {_place(remark, file)}: {remark.what}")
        printer.say(f"    next: {remark.todo}")
    printer.result(facts(report))
    printer.advise(report.next)
    return ExitCode.FINDINGS if report.left else ExitCode.DONE


def _place(remark: Remark, file: Path) -> str:
    # The file is named only where %run inserted another one.
    return remark.where.removeprefix(f"{file.name}: ")
