"""hermes rollback: move `latest` back to a release."""

from __future__ import annotations

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.latest_moves import LatestRecord, rolled_back
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Reference
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Listener
from hermes_cli.usecases.releasing.operations import (
    OperationReport,
    change_and_copy,
    new_act,
    open_place,
    releases,
    require_whole_release,
    version_of,
)
from hermes_cli.usecases.repo.workspace import Workspace


def rollback(
    workspace: Workspace,
    reference: Reference,
    environment: str | None,
    reason: str | None,
    *,
    notify: Listener,
) -> OperationReport:
    """Move `latest` back to a release, on purpose; a later deploy moves it above all that there is only.

    Raises `NotDeployed`, `Conflict` for a yanked version, `Refused` by policy.
    """
    chosen, store, layout = open_place(workspace, reference, environment)
    version = version_of(reference, lambda: _proposal(chosen, store, layout))
    require_whole_release(store, layout, version)
    act = new_act(workspace, store, reason)

    def change(record: LatestRecord) -> LatestRecord | None:
        # Listed at each try: a release that comes in between must not move latest again afterwards.
        return rolled_back(record, version, releases(store, layout), act)

    return change_and_copy(chosen, store, layout, change, notify)


def _proposal(environment: Environment, store: Store, layout: Layout) -> str | None:
    """Return the command that goes back to the highest other release; None where there is none."""
    found = catalog.find_latest(store, layout)
    if found is None:
        return None
    record = found[0]
    back = (one for one in releases(store, layout) if str(one) != record.version)
    version = max((one for one in back if not one.is_prerelease and not record.yank_of(one)), default=None)
    return f"hermes rollback {layout.project}@{version} --env {environment.name}" if version else None
