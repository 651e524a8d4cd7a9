"""hermes verify: read everything again, and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.domain.errors import Findings, exit_code_of

from .app import OPERATE, command
from .face import Face, facts


@command("verify", OPERATE, ("hermes verify", "hermes verify sales_report --env prod"))
def verify(
    face: Face,
    projects: Annotated[list[str] | None, typer.Argument(help="The projects; else all of them.")] = None,
    env: Annotated[list[str] | None, typer.Option("--env", help="An environment; else all of them.")] = None,
) -> int:
    """Read every manifest, artifact and named copy, and compare digests. Ends with 7 if anything is wrong."""
    from hermes_cli.usecases.verify import verify as work
    from hermes_cli.usecases.workspace import open_workspace

    report = work(open_workspace(Path()), projects or (), env or (), notify=face.tell)
    for one in report.findings:
        face.complain_of(f"{one.environment}: {one.key}: {one.problem}", one.fix)
    for unasked in report.unasked:
        face.complain_of(f"{unasked.environment}: {unasked.problem}", unasked.hint)
    state = f"findings: {len(report.findings)}" if report.findings else "all as it was recorded"
    face.say(f"suffixes read: {report.suffixes}, objects read: {report.objects}; {state}")
    face.result(facts(report))
    found = Findings.exit_code if report.findings else 0
    return exit_code_of([found, *(unasked.exit_code for unasked in report.unasked)])
