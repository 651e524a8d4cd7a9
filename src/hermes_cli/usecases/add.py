"""hermes add: declare a dependency in a project's pyproject.toml, and nothing else in that file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hermes_cli.adapters.python_environments import newest
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.index_namesakes import namesake
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.requirements import parse_requirement
from hermes_cli.usecases.repo.own_names import own_names
from hermes_cli.usecases.repo.pyproject_edits import declare, with_bound
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python, project_of_folder

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class Added:
    """Dependencies that were declared; `group` is None for those that the project needs to run."""

    project: str
    group: str | None
    requirements: tuple[str, ...]


def add(
    workspace: Workspace,
    requirements: Sequence[str],
    *,
    project: str | None,
    group: str | None,
    here: Path,
    notify: Listener,
) -> Added:
    """Declare dependencies of a project: the named one, the one of this folder, or the only one.

    One without a bound gets the newest version's series as its lower bound. Raises `InvalidInput`,
    and then nothing was written.
    """
    target = _target(workspace, project, here, requirements)
    own = {canonicalize_name(one.distribution) for one in workspace.projects}
    never = own_names(workspace)
    wanted = [parse_requirement(text, "hermes add") for text in requirements]
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        if name == canonicalize_name(target.distribution):
            raise InvalidInput(f"{target.name} cannot depend on itself", hint="name another package")
        if name in never and name not in own:
            raise namesake(name, target.name)
    unbound = [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier
        and not requirement.url
        and canonicalize_name(requirement.name) not in own
    ]
    if unbound:
        notify(Event(subject=target.name, message="looking for the newest versions of " + ", ".join(unbound)))
    environment = workspace.default_environment()
    found = newest(unbound, python=cluster_python(environment), indexes=workspace.settings.indexes)
    lines = tuple(with_bound(requirement, found) for requirement in wanted)
    declare(workspace.root / target.folder / PROJECT_FILE, lines, group)
    return Added(project=target.name, group=group, requirements=lines)


def _target(workspace: Workspace, named: str | None, here: Path, requirements: Sequence[str]) -> Project:
    if named is not None:
        return workspace.project(named)
    inside = project_of_folder(workspace, here)
    if inside is not None:
        return inside
    projects = workspace.select(())
    if len(projects) == 1:
        return projects[0]
    raise InvalidInput(
        "this repo has more than one project: " + ", ".join(project.name for project in projects),
        hint=f"hermes add {' '.join(requirements)} --project {projects[0].name}",
    )
