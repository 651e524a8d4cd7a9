"""hermes template workflow: write the GitHub workflow that a company's repos call."""

from __future__ import annotations

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import ExitCode


@command("template workflow", ("hermes template workflow > .github/workflows/hermes.yml",))
def template_workflow(printer: Printer) -> int:
    """Write a reusable GitHub workflow for a company's repos: changes to it reach them all.

    Keep it in one repository of your company, and name it as workflow in [new] of the company's
    defaults: the repos that are made from then on call it.
    """
    from hermes_cli.usecases.template_workflow import reusable_workflow

    text = reusable_workflow()
    if printer.wants_text:
        printer.document(text.rstrip("\n"))
    printer.result({"workflow": text})
    return ExitCode.DONE
