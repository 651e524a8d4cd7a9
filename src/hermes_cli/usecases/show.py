"""hermes show: read one manifest."""

from __future__ import annotations

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.suffixes import Reference
from hermes_cli.usecases.releasing.lookup import find_deployed
from hermes_cli.usecases.repo.workspace import Workspace


def show(workspace: Workspace, reference: Reference, environment: str | None) -> catalog.Deployed:
    """One manifest. Raises `InvalidInput` where no suffix was named, and what `find_deployed` raises."""
    if reference.suffix is None:
        raise InvalidInput(f"{reference} names no suffix", hint=f"hermes show {reference.project}@latest")
    chosen = workspace.settings.environment(environment) if environment else workspace.default_environment()
    return find_deployed(workspace, workspace.store(chosen), reference.project, reference.suffix)
