"""hermes adopt: a notebook or a loose script becomes a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts

if TYPE_CHECKING:
    from hermes_cli.usecases.adopt import Remark

_FINDINGS = 7


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
        str | None, typer.Option(help="The project, new or there already; else named after the file.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let code of the repo's template run: its hooks and extensions.")
    ] = False,
) -> int:
    """Make a project of a notebook or a loose script, in this repo; the file itself stays as it is.

    What could not be converted is listed with its cell and line, and stands as a TODO at its place.
    Ends with 7 where something is left to do.
    """
    from hermes_cli.usecases.adopt import adopt as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    report = work(open_workspace(Path()), file, project=project, trusted=trust, notify=printer.tell)
    printer.say(f"adopted {file.name}, a {report.form}, as the {report.kind} {report.name}:")
    for one in report.files:
        printer.say(f"  {one}")
    if report.requirements:
        printer.say(f"it needs {', '.join(report.requirements)}")
    if report.test_requirements:
        printer.say(f"its tests need {', '.join(report.test_requirements)}, which the cluster brings itself")
    if report.parameters:
        printer.say(f"it takes {', '.join(report.parameters)}")
    if report.secrets:
        printer.say(f"it needs as secrets {', '.join(report.secrets)}: its pyproject.toml names them")
    if report.notes:
        printer.say("changed, or left out:")
    for remark in report.notes:
        printer.say(f"  {_place(remark, file)}: {remark.what}")
    if report.left:
        printer.say("left to do:")
    for remark in report.left:
        printer.say(f"  {_place(remark, file)}: {remark.what}")
        printer.say(f"    next: {remark.todo}")
    printer.result(facts(report))
    printer.advise(report.next)
    return _FINDINGS if report.left else 0


def _place(remark: Remark, file: Path) -> str:
    # A cell is of the file that was named, unless %run brought another one.
    return remark.where.removeprefix(f"{file.name}: ")
