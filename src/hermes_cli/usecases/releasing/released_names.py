"""Refuse a lock with a package of an index that is named like a project that this repo has released."""

from __future__ import annotations

from hermes_cli.domain.contract.lock_file import packages
from hermes_cli.domain.contract.manifest import read_owner
from hermes_cli.domain.contract.names import ProjectName, canonical_name
from hermes_cli.domain.index_namesakes import namesake
from hermes_cli.usecases.repo.workspace import Workspace

from .drafts import Draft
from .target_environments import Target


def refuse_released_names(workspace: Workspace, target: Target, draft: Draft) -> None:
    """Raise `ProjectFailed` for a package with the name of a project that this repo owns in the target's store.

    The listing that every deploy begins with has the names; an owner is asked for only where a lock has one.
    """
    allowed = set(map(canonical_name, workspace.settings.allow_from_index))
    released = {canonical_name(name): name for name, _ in target.released}
    for package in packages(draft.manifest.lock):
        if package.name not in released or package.name in allowed:
            continue
        key = workspace.layout(ProjectName(released[package.name])).owner
        found = target.store.get(key)
        if found and read_owner(found.data, f"{target.store.url}/{key}").repo_id == draft.manifest.repo_id:
            raise namesake(package.name, draft.layout.project)
