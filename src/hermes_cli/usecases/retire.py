"""hermes retire: give up a project's name."""

from __future__ import annotations

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.latest_moves import retired
from hermes_cli.domain.contract.suffixes import Reference, Release
from hermes_cli.domain.events import Listener
from hermes_cli.usecases.releasing.operations import OperationReport, change_and_copy, new_act, open_place
from hermes_cli.usecases.repo.workspace import Workspace


def retire(
    workspace: Workspace, reference: Reference, environment: str | None, reason: str, *, notify: Listener
) -> OperationReport:
    """Give up a project's name: nothing is deployed under it any more, and its releases stay."""
    if reference.suffix is not None:
        one = isinstance(reference.suffix, Release)  # a feature and latest are not yanked
        raise InvalidInput(
            f"{reference} names a suffix, and a whole project is retired",
            hint=f"hermes yank {reference} marks that version alone"
            if one
            else f"hermes retire {reference.project}",
        )
    chosen, store, layout = open_place(workspace, reference, environment)
    act = new_act(workspace, store, reason)
    return change_and_copy(chosen, store, layout, lambda record: retired(record, act), notify)
