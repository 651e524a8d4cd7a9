"""hermes template workflow: the GitHub workflow that a company's repos call."""

from __future__ import annotations

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.errors import ExitCode


@command("template workflow", ("hermes template workflow > .github/workflows/hermes.yml",))
def template_workflow(printer: Printer) -> int:
    """Write the reusable GitHub workflow that repos can call, so that a change needs no change in them.

    Keep it in one repository of your company, and name it as workflow in [new] of the company's
    defaults: repos that are made from then on call it.
    """
    from hermes_cli.usecases.template_workflow import reusable_workflow

    text = reusable_workflow()
    if printer.wants_text:
        printer.document(text.rstrip("\n"))
    printer.result({"workflow": text})
    return ExitCode.DONE
