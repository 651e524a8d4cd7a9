"""hermes build: build scripts and wheels without deploying them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import exit_code_of


@command("build", ("hermes build", "hermes build sales_report --out-dir dist"), outputs={})
def build(
    printer: Printer,
    projects: Annotated[list[str] | None, typer.Argument(help="Projects (default: all).")] = None,
    out_dir: Annotated[Path, typer.Option(help="The folder to build into.")] = Path("dist"),
) -> int:
    """Build each project's scripts and wheel into a folder that `hermes deploy --from` deploys."""
    from hermes_cli.usecases.build import build as work
    from hermes_cli.usecases.repo.workspace import open_workspace

    workspace = open_workspace(Path())
    chosen = workspace.select(projects or ())
    with printer.progress() as notify:
        report = work(workspace, chosen, out_dir.resolve(), notify=notify)
    for project in report.record.projects:
        printer.say(f"{project.project} {project.version}  (content {project.content[:12]})")
        for file in (*project.scripts, *((project.library,) if project.library else ()), *project.libraries):
            printer.say(f"  {out_dir / file.path}  {file.size} bytes")
    for error in report.failures.values():
        printer.complain(error)
    built = [(one.project, one.version, "built") for one in report.record.projects]
    failed = [(name, "", "failed") for name in report.failures]
    printer.report.table(("project", "version", "result"), [*built, *failed])
    printer.result(
        {
            "folder": report.folder,
            "build": facts(report.record),
            "failures": {
                name: {"message": e.message, "hint": e.hint, "exit_code": e.exit_code}
                for name, e in report.failures.items()
            },
        }
    )
    return exit_code_of([error.exit_code for error in report.failures.values()])
