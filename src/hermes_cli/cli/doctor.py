"""hermes doctor: check everything that Hermes depends on, and say how to fix it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.health_checks import CheckStatus

if TYPE_CHECKING:
    from hermes_cli.usecases.doctor import Diagnosis

_FINDINGS = 7


@command("doctor", ("hermes doctor", "hermes doctor --env prod", "hermes doctor -o json"))
def doctor(
    printer: Printer,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="Environment to check; may be repeated (default: all).")
    ] = None,
) -> int:
    """Check this machine, this repo and its environments, and say how to fix what does not work.

    Nothing is changed anywhere. Ends with 7 if there is a problem; warnings do not count.
    """
    from hermes_cli.usecases.doctor import doctor as work

    diagnosis = work(Path(), tuple(env or ()), notify=printer.tell)
    for part in diagnosis.examined:
        printer.say(f"{part.place}  {part.url}".rstrip())
        width = max(len(check.name) for check in part.checks)
        for check in part.checks:
            printer.say(f"  {check.verdict.value:<7}  {check.name:<{width}}  {check.seen}", hang=width + 13)
            if check.fix:
                printer.say(f"  {'':<7}  {'':<{width}}  next: {check.fix}", wrap=False)
        printer.say()
    printer.say(_summary(diagnosis))
    printer.result(facts(diagnosis))
    return 0 if diagnosis.healthy else _FINDINGS


def _summary(diagnosis: Diagnosis) -> str:
    if not diagnosis.healthy:
        return "there are problems"
    verdicts = [check.verdict for part in diagnosis.examined for check in part.checks]
    warnings = verdicts.count(CheckStatus.WARNING)
    return f"no problems, warnings: {warnings}" if warnings else "no problems"
