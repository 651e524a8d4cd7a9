"""hermes template workflow: the GitHub workflow that a company's repos call."""

from __future__ import annotations

from .app import MAINTAIN, command
from .face import Face


@command("template workflow", MAINTAIN, ("hermes template workflow > .github/workflows/hermes.yml",))
def template_workflow(face: Face) -> int:
    """Write the reusable GitHub workflow that repos can call, so that a change needs no change in them.

    Keep it in one repository of your company, and name it as workflow in [new] of the company's
    defaults: repos that are made from then on call it.
    """
    from hermes_cli.usecases.workflow import reusable_workflow

    text = reusable_workflow()
    if face.wants_text:
        face.document(text.rstrip("\n"))
    face.result({"workflow": text})
    return 0
