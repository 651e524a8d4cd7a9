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
    """Raise the version in a project's pyproject.toml above every released one.

    Released versions are read from the environments that you have access to; git knows the base branch's.
    """
    from hermes_cli.usecases.bump import bump as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    done = work(open_workspace(Path()), project.rstrip("/"), to, notify=printer.tell)
    printer.say(f"{done.project}: {done.old} → {done.new}")
    printer.advise(
        (f'git add -A && git commit -m "{done.project} {done.new}"',),
        tuple(f"not compared with {one}" for one in done.unasked),
    )
    printer.result(facts(done))
    return ExitCode.DONE
