"""Refuse what a build would lack: submodules, and links that lead out of a project."""

from __future__ import annotations

from collections.abc import Iterator

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.project import Project
from hermes_cli.usecases.repo.workspace import Workspace


def submodule_errors(workspace: Workspace, project: Project) -> Iterator[tuple[str, ProjectFailed]]:
    """Yield a refusal for each submodule of a project, with its path."""
    for submodule in (one for one in workspace.submodules if one.startswith(f"{project.folder}/")):
        error = ProjectFailed(
            f"{submodule} is a git submodule, and its files would be missing from the build",
            hint="put its files into this repository, or make it a package and depend on it",
        )
        yield submodule, error


def link_errors(workspace: Workspace, project: Project) -> Iterator[tuple[str, ProjectFailed]]:
    """Yield a refusal for each symbolic link that leads out of a project, with its path."""
    source = (workspace.root / project.folder).resolve()
    for file in workspace.files[project.folder]:
        origin = source / file
        path = f"{project.folder}/{file}"
        if origin.is_symlink() and origin.readlink().is_absolute():
            # Also one to here: a build has a copy of the project, and would read past it.
            yield (
                path,
                ProjectFailed(
                    f"{path} is a link with an absolute path, which leads nowhere on another machine",
                    hint="make it a relative one, or a copy of what it points at",
                ),
            )
        elif origin.is_symlink() and not origin.resolve().is_relative_to(source):
            yield (
                path,
                ProjectFailed(
                    f"{path} is a link to something outside the project",
                    hint="replace it with a copy of what it points at",
                ),
            )
