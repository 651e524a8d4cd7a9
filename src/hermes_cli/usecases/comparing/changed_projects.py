"""Find the projects that a branch changes, so that CI tests and deploys only these."""

from __future__ import annotations

from collections.abc import Sequence

from hermes_cli.domain.contract.catalog import ReleasedTrees, released_trees
from hermes_cli.domain.contract.errors import AccessDenied
from hermes_cli.domain.project import Project
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.repo.workspace import Workspace


def changed_projects(
    workspace: Workspace, projects: Sequence[Project], released: Sequence[ReleasedTrees] | None
) -> tuple[Project, ...]:
    """Select the projects that changed, or that need a library of the repo that did.

    On a feature branch: since the merge base with the default branch. On the default branch: those
    whose source tree is not `released` in every environment. Where that cannot be told (a shallow
    clone; None for what is released): all.
    """
    git, settings = workspace.require_git(), workspace.settings
    if workspace.ref.branch == settings.default_branch:
        if released is None:
            return tuple(projects)
        folders = {
            project.folder
            for project in workspace.projects
            if any((project.name, workspace.trees.of(project.folder)) not in trees for trees in released)
        }
    else:
        base_head = None if git.is_shallow() else git.default_branch_head(settings.default_branch)
        base = git.merge_base(base_head) if base_head else None
        if base is None:
            return tuple(projects)
        files = git.changed_files(base)
        if CONFIG_FILE in files:
            return tuple(projects)
        folders = {file.split("/", 1)[0] for file in files}
    return tuple(
        project
        for project in projects
        if any(one.folder in folders for one in with_siblings(project, workspace.projects))
    )


def released_everywhere(workspace: Workspace) -> list[ReleasedTrees] | None:
    """Read the released trees of each environment that is used where none is named.

    None where it cannot be asked: CI tests in a job without credentials.
    """
    try:
        return [
            released_trees(workspace.store(environment), workspace.settings.team)
            for environment in workspace.unnamed_environments()
        ]
    except AccessDenied:
        return None
