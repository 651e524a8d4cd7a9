"""hermes rollback: move `latest` back to a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import OPERATE, command
from .face import Face, facts

if TYPE_CHECKING:
    from hermes_cli.usecases.operate import OperationReport


@command(
    "rollback",
    OPERATE,
    ('hermes rollback sales_report@1.1.0 --env prod --reason "wrong totals"',),
    outputs={},
)
def rollback(
    face: Face,
    target: Annotated[str, typer.Argument(help="What latest becomes.", metavar="PROJECT@VERSION")],
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
) -> int:
    """Move `latest` back to a release, on purpose. Nothing is deleted.

    A later deploy moves it forward again, but only above everything that is released now.
    """
    from hermes_cli.domain.names import parse_reference
    from hermes_cli.usecases.operate import rollback as work
    from hermes_cli.usecases.workspace import open_workspace

    report = work(open_workspace(Path()), parse_reference(target), env, reason, notify=face.tell)
    tell_operation(face, report)
    return 0


def tell_operation(face: Face, report: OperationReport, done: str | None = None) -> None:
    """Write what was `done`, where that is more than a move, and what `latest` was and is."""
    record = report.record
    where = f"{report.environment}: {report.project}"
    row = (report.environment, report.project, report.before or "nothing", record.version or "nothing")
    face.report.table(("environment", "project", "latest was", "latest is"), [row])
    if not report.changed:
        done = f"nothing to do, {done} already" if done else "nothing to do"
    moved = record.version != report.before
    latest = f"latest is {record.version or 'nothing'}" + (f" (was {report.before})" if moved else "")
    face.say(f"{where}: " + ", ".join(filter(None, (done or (None if moved else "recorded"), latest))))
    face.result(facts(report))
