"""hermes bump: raise a project's version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command(
    "bump",
    ("hermes bump sales_report", "hermes bump sales_report minor", "hermes bump sales_report 2.0.0rc1"),
)
def bump(
    printer: Printer,
    project: Annotated[str, typer.Argument(help="The project.")],
    to: Annotated[
        str, typer.Argument(help="major, minor, patch, or a version.", metavar="[major|minor|patch|VERSION]")
    ] = "patch",
) -> int:
    """Raise a project's version above all that is released, in its pyproject.toml.

    It asks the environments where you have access, and git for the version of the base branch.
    """
    from hermes_cli.usecases.bump import bump as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    done = work(open_workspace(Path()), project.rstrip("/"), to, notify=printer.tell)
    printer.say(f"{done.project}: {done.old} → {done.new}")
    printer.advise(
        (f'git commit -am "{done.project} {done.new}"',),
        tuple(f"not compared with {one}" for one in done.unasked),
    )
    printer.result(facts(done))
    return ExitCode.DONE
