"""hermes doctor: what has to work around Hermes, and how to mend what does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.domain.checks import Verdict

from .app import OPERATE, command
from .face import Face, facts

if TYPE_CHECKING:
    from hermes_cli.usecases.doctor import Diagnosis

_FINDINGS = 7


@command("doctor", OPERATE, ("hermes doctor", "hermes doctor --env prod", "hermes doctor -o json"))
def doctor(
    face: Face,
    env: Annotated[
        list[str] | None, typer.Option("--env", help="An environment to look at; else all of them.")
    ] = None,
) -> int:
    """Check this machine, this repo and its environments, and say how to mend what does not work.

    Nothing is changed anywhere. Ends with 7 where there is a problem; a warning is none.
    """
    from hermes_cli.usecases.doctor import doctor as work

    diagnosis = work(Path(), tuple(env or ()), notify=face.tell)
    for part in diagnosis.examined:
        face.say(f"{part.place}  {part.url}".rstrip())
        width = max(len(check.name) for check in part.checks)
        for check in part.checks:
            face.say(f"  {check.verdict.value:<7}  {check.name:<{width}}  {check.seen}")
            if check.fix:
                face.say(f"  {'':<7}  {'':<{width}}  next: {check.fix}")
        face.say()
    face.say(_summary(diagnosis))
    face.result(facts(diagnosis))
    return 0 if diagnosis.healthy else _FINDINGS


def _summary(diagnosis: Diagnosis) -> str:
    if not diagnosis.healthy:
        return "there are problems"
    verdicts = [check.verdict for part in diagnosis.examined for check in part.checks]
    warnings = verdicts.count(Verdict.WARNING)
    return f"nothing is broken, warnings: {warnings}" if warnings else "nothing is wrong"
