"""Refuse what a build would lack: submodules, and links that lead out of a project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import Project
from hermes_cli.usecases.repo.sources import follow_links
from hermes_cli.usecases.repo.workspace import Workspace

_NAMED = 3


def warn_of_hidden_edits(workspace: Workspace, projects: Iterable[Project], notify: Listener) -> None:
    """Name the edits that git is told to overlook: nobody commits these, and nothing is built with them."""
    for project in projects:
        files = workspace.hidden_edits(project)
        if files:
            more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
            message = (
                f"left out are edits that git is told to overlook, of {', '.join(files[:_NAMED])}{more}; "
                "to take one along: git update-index --no-assume-unchanged FILE, or --no-skip-worktree FILE"
            )
            notify(Event(subject=project.name, message=message, warning=True))


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
    source = workspace.source
    paths = [f"{project.folder}/{file}" for file in workspace.files[project.folder]]
    targets = source.read([path for path in paths if source.kind(path) == "l"])
    for path, target in targets.items():
        end = follow_links(source, path)
        if target.startswith(b"/"):
            # Also one to here: a build has a copy of the project, and would read past it.
            yield (
                path,
                ProjectFailed(
                    f"{path} is a link with an absolute path, which leads nowhere on another machine",
                    hint="make it a relative one, or a copy of what it points at",
                ),
            )
        elif end is None or not f"{end}/".startswith(f"{project.folder}/"):
            yield (
                path,
                ProjectFailed(
                    f"{path} is a link to something outside the project",
                    hint="replace it with a copy of what it points at",
                ),
            )
