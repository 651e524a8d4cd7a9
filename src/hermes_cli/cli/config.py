"""hermes config: show the effective settings, and where each was read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command("config", ("hermes config", "hermes config --schema > hermes.schema.json"))
def config(
    printer: Printer,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema of hermes.toml, for editors.")
    ] = False,
) -> int:
    """Show the effective settings and where each was read: hermes.toml, a variable, or defaults."""
    if schema:
        from hermes_cli.domain.config_schema import config_schema

        printer.document(json.dumps(config_schema(), indent=2))
        return ExitCode.DONE
    from hermes_cli.usecases.repo.workspace import open_workspace

    settings = open_workspace(Path()).settings
    rows = [(key, str(value), settings.sources[key]) for key, value in sorted(settings.values.items())]
    rows = [row for row in rows if not row[0].startswith("template.")]
    printer.table(("SETTING", "VALUE", "READ FROM"), rows)
    printer.result(facts(settings))
    return ExitCode.DONE
