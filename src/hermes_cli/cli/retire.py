"""hermes retire: give up a project's name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import OPERATE, command
from .face import Face
from .rollback import tell_operation


@command("retire", OPERATE, ('hermes retire sales_report --env prod --reason "replaced by sales"',))
def retire(
    face: Face,
    project: Annotated[str, typer.Argument(help="The project.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
) -> int:
    """Give up a project's name: nothing is deployed under it any more. Its releases stay."""
    from hermes_cli.domain.names import parse_reference
    from hermes_cli.usecases.operate import retire as work
    from hermes_cli.usecases.workspace import open_workspace

    report = work(open_workspace(Path()), parse_reference(project), env, reason, notify=face.tell)
    tell_operation(face, report, "the name is retired")
    return 0
