"""hermes add: add dependencies to a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command("add", ("hermes add pandas", 'hermes add "scikit-learn>=1.5" --project sales_report'))
def add(
    printer: Printer,
    dependencies: Annotated[list[str], typer.Argument(help="Packages, with or without a version range.")],
    project: Annotated[
        str | None, typer.Option(help="The project (default: the one of this folder).")
    ] = None,
    group: Annotated[str | None, typer.Option(help="A dependency group, such as test.")] = None,
) -> int:
    """Add dependencies to a project's pyproject.toml.

    A package without a version range gets the series of its newest version as the lower bound.
    """
    from hermes_cli.usecases.add import add as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    added = work(
        open_workspace(Path()),
        dependencies,
        project=project,
        group=group,
        here=Path(),
        notify=printer.tell,
    )
    where = f" (group {added.group})" if added.group else ""
    for requirement in added.requirements:
        printer.say(f"{added.project} needs {requirement}{where}")
    printer.result(facts(added))
    printer.advise((f"hermes test {added.project}",))
    return ExitCode.DONE
