"""Find what is deployed under a suffix, and refuse what is yanked."""

from __future__ import annotations

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict
from hermes_cli.domain.contract.names import ProjectName
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Suffix
from hermes_cli.usecases.repo.workspace import Workspace


def find_deployed(
    workspace: Workspace, store: Store, project: ProjectName, suffix: Suffix
) -> catalog.Deployed:
    """Resolve a suffix. Raises `NotDeployed`, or `InvalidInput` for a project that neither place knows."""
    layout = workspace.layout(project)
    try:
        return catalog.resolve(store, layout, suffix)
    except catalog.NotDeployed:
        if not catalog.suffixes(store, layout):
            workspace.project(project, or_script=True)  # raises where this repo has no such project
        raise


def refuse_yanked(deployed: catalog.Deployed) -> None:
    """Raise `Conflict` where a yanked release is to be used."""
    if deployed.yank is not None:
        raise Conflict(
            f"{deployed.manifest.project} {deployed.yank.version} is yanked: {deployed.yank.act.reason}",
            hint=f"hermes run {deployed.manifest.project}@latest, or --force to run it all the same",
        )
