"""hermes show: one manifest, whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import LOOK, command
from .face import Face, facts


@command(
    "show",
    LOOK,
    (
        "hermes show sales_report@latest",
        "hermes show sales_report@feature-first --env dev",
        "hermes show sales_report@1.2.0 --provenance > sales_report.intoto.json",
    ),
)
def show(
    face: Face,
    target: Annotated[str, typer.Argument(help="What to show.", metavar="PROJECT@SUFFIX")],
    env: Annotated[str | None, typer.Option("--env", help="The environment; else the first.")] = None,
    provenance: Annotated[
        bool,
        typer.Option("--provenance", help="Write it as an in-toto statement with SLSA's provenance."),
    ] = False,
) -> int:
    """Show all that is recorded of a release or feature: what it was built from, and what belongs to it."""
    from hermes_cli.domain.names import parse_reference
    from hermes_cli.domain.provenance import statement
    from hermes_cli.usecases.look import show as work
    from hermes_cli.usecases.workspace import open_workspace

    deployed = work(open_workspace(Path()), parse_reference(target), env)
    manifest = deployed.manifest
    if provenance:
        face.document(json.dumps(statement(manifest), indent=2))
        return 0
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
    for name, value in rows.items():
        face.say(f"{name + ':':<10} {value}")
    for artifact in (*manifest.artifacts, *manifest.libraries):
        face.say(f"{artifact.kind + ':':<10} {artifact.file}  {artifact.size} bytes")
        face.say(f"{'sha256:':>10} {artifact.sha256}")
    pins = [line.split(" ")[0] for line in manifest.lock.splitlines() if line and not line.startswith(" ")]
    face.say(f"{'lock:':<10} {len(pins)} packages, with hashes")
    for pin in pins:
        face.say(f"{'':<10} {pin}")
    face.result(facts(deployed) | {"suffix": str(deployed.suffix)})
    return 0
