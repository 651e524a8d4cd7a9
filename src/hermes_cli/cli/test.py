"""hermes test: run the projects' tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import exit_code_of


@command(
    "test",
    ("hermes test", "hermes test sales_report --changed", "hermes test sales_report --pytest='-x -k totals'"),
    outputs={},
)
def test(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only projects that this branch changes or may break.")
    ] = False,
    pytest: Annotated[str, typer.Option(help="Options for pytest, in quotes.", metavar="OPTIONS")] = "",
) -> int:
    """Run each project's tests in an environment of its own, with the cluster's Python if it is available."""
    import shlex

    from hermes_cli.domain.contract.errors import InvalidInput
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.test import test as work

    try:
        arguments = shlex.split(pytest)
    except ValueError as error:
        raise InvalidInput(
            f"--pytest: {pytest!r} cannot be read: {error}", hint="--pytest='-x -k name'"
        ) from None
    results = work(
        open_workspace(Path()),
        projects or (),
        changed=changed,
        quiet=not printer.wants_text,
        arguments=arguments,
        notify=printer.tell,
    )
    if not results:
        printer.say(f"{'none of the named projects' if projects else 'no project'} has changed")
    for result in results:
        if result.exit_code:
            printer.complain_of(f"{result.project}: {result.reason}", result.hint)
        else:
            reason = f": {result.reason}" if result.reason else ""
            printer.say(f"{result.project}: {result.verdict.value}{reason}")
            if result.hint:
                printer.say(f"  next: {result.hint}")
    printer.report.table(("project", "tests"), [(result.project, result.verdict.value) for result in results])
    printer.result({"results": facts(results)})
    return exit_code_of([result.exit_code for result in results])


test.__test__ = False  # type: ignore[attr-defined]
