"""hermes template test: try out every repo that a template can make."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode

from .template_options import TrustOption, parse_settings


@command(
    "template test",
    ("hermes template test .", "hermes template test . --set ci=github --set dev_bucket=acme-dev"),
)
def template_test(
    printer: Printer,
    path: Annotated[str, typer.Argument(help="The template: a folder, a git URL, or bundled:NAME.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="An answer for every repo; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
    trust: TrustOption = False,
) -> int:
    """Make a repo for every combination of the template's choices, and try each out.

    Each is rendered, searched for unrendered parts, linted, tested, built, and deployed as a dry run.
    Ends with 6 if tests or a build fail, and with 7 for other findings.
    """
    from hermes_cli.usecases.template_test import try_template

    trials = []
    given = parse_settings(set_ or ())
    for trial in try_template(path, given, trusted=trust, environ=os.environ, notify=printer.tell):
        label = ", ".join(f"{name}={value}" for name, value in trial.choices.items()) or "no choices"
        printer.say(f"{label}: {'passed' if trial.passed else 'failed'}")
        for check in trial.checks:
            seen = check.seen.replace("\n", f"\n{'':23}")
            printer.say(f"  {check.verdict.value:<7}  {check.name:<10}  {seen}")
            if check.fix:
                printer.say(f"  {'':<7}  {'':<10}  next: {check.fix}")
        trials.append(trial)
    wrong = [trial for trial in trials if not trial.passed]
    total = f"{len(trials)} combination{'s' if len(trials) != 1 else ''}"
    printer.say(f"{len(wrong)} of {total} failed" if wrong else f"{total}, all passed")
    printer.result({"trials": facts(trials)})
    codes = {trial.exit_code for trial in wrong}
    if not codes:
        return ExitCode.DONE
    return ExitCode.PROJECT_FAILED if ExitCode.PROJECT_FAILED in codes else ExitCode.FINDINGS


template_test.__test__ = False  # type: ignore[attr-defined]
