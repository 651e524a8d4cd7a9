"""hermes yank: mark a release as one that must not be used."""

from __future__ import annotations

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.latest_moves import LatestRecord, yanked
from hermes_cli.domain.contract.suffixes import Reference, Release
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


def yank(
    workspace: Workspace,
    reference: Reference,
    environment: str | None,
    reason: str,
    to: Version | None,
    *,
    notify: Listener,
) -> OperationReport:
    """Mark a release as one that must not be used; what `latest` points at needs another to go back to.

    Raises `NotDeployed`, `InvalidInput`, `Refused` by policy.
    """
    chosen, store, layout = open_place(workspace, reference, environment)
    version = version_of(reference)
    catalog.resolve(store, layout, Release(version))
    if to is not None:
        require_whole_release(store, layout, to)
    if to == version:
        raise InvalidInput(
            f"latest cannot go back to {version}, which is to be yanked", hint="name another: --to"
        )
    act = new_act(workspace, store, reason)

    def change(record: LatestRecord) -> LatestRecord | None:
        return yanked(record, version, to, releases(store, layout), act)

    return change_and_copy(chosen, store, layout, change, notify)
