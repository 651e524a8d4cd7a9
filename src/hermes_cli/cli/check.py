"""hermes check: check for problems before a merge, and show what it would release."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.cli.output.redaction import without_secrets
from hermes_cli.domain.check_rules import Finding, Level
from hermes_cli.domain.contract.errors import ExitCode

if TYPE_CHECKING:
    from hermes_cli.usecases.check import CheckReport

SARIF = "sarif"
_WORDS = {
    "new": "new: would be released",
    "released": "would be released",
    "unchanged": "unchanged",
    "removed": "removed: what is released stays",
    "refused": "needs a new version",
    "unknown": "unknown: see above",
}


@command(
    "check",
    ("hermes check", "hermes check sales_report --base main", "hermes check -o sarif > hermes.sarif"),
    outputs={},
    formats=(SARIF,),
)
def check(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="The branch or commit to compare with (default: the branch to merge into).", metavar="REF"
        ),
    ] = None,
) -> int:
    """Check for problems before a merge, and show what the merge would release. Only git is read.

    It checks settings and projects, versions against the base, dependencies, Python versions, secrets,
    what a build refuses, and what scripts do that a cluster cannot. Ends with 7 if there is an error;
    warnings and notes do not count.
    """
    from hermes_cli.usecases.check import check as work

    report = work(Path(), projects or (), base, notify=printer.tell)
    # A backend's last lines may hold what its variables gave it.
    findings = [replace(one, message=without_secrets(one.message, os.environ)) for one in report.findings]
    for found in findings:
        printer.report.finding(found)
        _show(printer, found)
    _show_projects(printer, report)
    errors, warnings, notes = (report.count(level) for level in Level)
    printer.say(f"errors: {errors}, warnings: {warnings}, notes: {notes}")
    counts = {"errors": errors, "warnings": warnings, "notes": notes}
    printer.result({**facts(report), "findings": facts(findings), **counts})
    if printer.output == SARIF:
        from hermes_cli.cli.output.sarif import sarif

        printer.document(printer.report.safe_json(json.dumps(sarif(findings), indent=2)))
    return ExitCode.FINDINGS if errors else ExitCode.DONE


def _show(printer: Printer, found: Finding) -> None:
    message = found.message.replace("\n", "\n  ")
    printer.say(f"{found.place}: {found.level.value}: {message} ({found.rule})")
    if found.fix:
        printer.say(f"  next: {found.fix}")


def _show_projects(printer: Printer, report: CheckReport) -> None:
    if report.base is None:
        return
    rows = [
        (one.project, one.version or "", one.base or "", _WORDS[one.effect.value]) for one in report.projects
    ]
    there = f"{report.base.name} has"
    if report.findings:
        printer.say()
    if rows:
        printer.report.table(("project", "version", there, "a merge"), rows)
        printer.table(("PROJECT", "VERSION", there.upper(), "A MERGE"), rows)
    left = "" if report.base.fork == report.base.head else f", left at {report.base.fork[:12]}"
    printer.say(f"compared with {report.base.called} ({report.base.head[:12]}{left})")
