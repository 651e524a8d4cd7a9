"""hermes run: run a script here, as the cluster would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import DEVELOP, command
from .face import Face, facts


@command(
    "run",
    DEVELOP,
    (
        "hermes run sales_report",
        "hermes run sales_report@latest --env prod",
        "hermes run sales_report/backfill@feature-first -- 2026-01-01",
    ),
)
def run(
    face: Face,
    target: Annotated[str, typer.Argument(help="What to run.", metavar="PROJECT[/SCRIPT][@SUFFIX]")],
    parameters: Annotated[list[str] | None, typer.Argument(help="The script's own, after --.")] = None,
    env: Annotated[
        str | None, typer.Option("--env", help="Where SUFFIX is deployed; else the first environment.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run a yanked version all the same.")] = False,
) -> int:
    """Run a script on this machine.

    With a suffix: what is deployed, exactly as the cluster runs it. Without one: the working tree,
    edits included. The script's output and exit code are passed on.
    """
    from hermes_cli.domain.errors import InvalidInput
    from hermes_cli.domain.names import parse_reference
    from hermes_cli.usecases.run import run as work
    from hermes_cli.usecases.workspace import open_workspace

    reference = parse_reference(target)
    if env and reference.suffix is None:
        raise InvalidInput(
            f"--env says where a suffix is deployed, and {target} names none",
            hint=f"hermes run {target}@latest",
        )
    report = work(
        open_workspace(Path()),
        reference,
        environment=env,
        parameters=tuple(parameters or ()),
        quiet=not face.wants_text,
        force=force,
        notify=face.tell,
    )
    face.result(facts(report))
    return report.exit_code
