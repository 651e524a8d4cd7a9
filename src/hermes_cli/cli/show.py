"""hermes show: print one manifest in full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode


@command(
    "show",
    (
        "hermes show sales_report@latest",
        "hermes show sales_report@feature-first --env dev",
        "hermes show sales_report@1.2.0 --provenance > sales_report.intoto.json",
    ),
)
def show(
    printer: Printer,
    target: Annotated[str, typer.Argument(help="The release or feature to show.", metavar="PROJECT@SUFFIX")],
    env: Annotated[str | None, typer.Option("--env", help="The environment (default: the first).")] = None,
    provenance: Annotated[
        bool,
        typer.Option("--provenance", help="Write it as an in-toto statement with SLSA provenance."),
    ] = False,
) -> int:
    """Show everything recorded about a release or feature: its sources, files and dependencies."""
    from hermes_cli.domain.contract.suffixes import parse_reference
    from hermes_cli.domain.provenance import statement
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.show import show as work

    deployed = work(open_workspace(Path()), parse_reference(target), env)
    manifest = deployed.manifest
    if provenance:
        printer.document(json.dumps(statement(manifest), indent=2))
        return ExitCode.DONE
    rows = {
        "manifest": deployed.url,
        "project": f"{manifest.team}/{manifest.project}",
        "suffix": manifest.suffix,
        "version": manifest.version,
        "branch": manifest.branch,
        "commit": f"{manifest.commit}{' with uncommitted changes' if manifest.dirty else ''}",
        "tree": manifest.tree,
        "content": manifest.content,
        "repo": manifest.repo_id,
        "deployed": manifest.created,
        "by": manifest.actor or "unknown",
        "CI run": manifest.ci_run or "none",
        "Hermes": manifest.hermes,
        "backend": manifest.backend or "unknown",
        "Python": f"{manifest.python} (requires {manifest.requires_python or 'any'})",
        "needs": ", ".join(manifest.dependencies) or "nothing",
        "secrets": ", ".join(manifest.secrets) or "none",
    }
    if deployed.yank:
        act = deployed.yank.act
        rows["yanked"] = f"{act.at} by {act.actor or 'unknown'}: {act.reason or 'no reason given'}"
    for name, value in rows.items():
        printer.say(f"{name + ':':<10} {value}", hang=11)
    for artifact in (*manifest.artifacts, *manifest.libraries):
        printer.say(f"{artifact.kind + ':':<10} {artifact.file}  {artifact.size} bytes")
        printer.say(f"{'sha256:':>10} {artifact.sha256}")
    pins = [line.split(" ")[0] for line in manifest.lock.splitlines() if line and not line.startswith(" ")]
    printer.say(f"{'lock:':<10} {len(pins)} packages, with hashes")
    for pin in pins:
        printer.say(f"{'':<10} {pin}")
    printer.result(facts(deployed) | {"suffix": str(deployed.suffix)})
    return ExitCode.DONE
