"""Print the result of a rollback, a yank or a retirement: the old and the new version of `latest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .printer import Printer, facts

if TYPE_CHECKING:
    from hermes_cli.usecases.releasing.operations import OperationReport


def print_operation(printer: Printer, report: OperationReport, done: str | None = None) -> None:
    """Print what was `done` besides moving `latest`, if anything, and the old and new version of `latest`."""
    record = report.record
    where = f"{report.environment}: {report.project}"
    row = (report.environment, report.project, report.before or "nothing", record.version or "nothing")
    printer.report.table(("environment", "project", "latest was", "latest is"), [row])
    if not report.changed:
        done = f"nothing to do, {done} already" if done else "nothing to do"
    moved = record.version != report.before
    latest = f"latest is {record.version or 'nothing'}" + (f" (was {report.before})" if moved else "")
    printer.say(f"{where}: " + ", ".join(filter(None, (done or (None if moved else "recorded"), latest))))
    printer.result(facts(report))
