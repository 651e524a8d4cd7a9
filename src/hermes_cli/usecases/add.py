"""hermes add: declare a dependency in a project's pyproject.toml, and nothing else in that file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from hermes_cli.adapters.toml_file import edited
from hermes_cli.adapters.venvs import newest
from hermes_cli.domain.errors import InvalidInput
from hermes_cli.domain.project import PROJECT_FILE, Project, parse_requirement, siblings_of

from .events import Event, Listener
from .workspace import Workspace, cluster_python, project_of_folder

if TYPE_CHECKING:
    from tomlkit.items import Array


@dataclass(frozen=True, kw_only=True)
class Added:
    """What a project's pyproject.toml declares now; `group` is None for what it needs to run."""

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
    wanted = [parse_requirement(text, "hermes add") for text in requirements]
    for requirement in wanted:
        if canonicalize_name(requirement.name) == canonicalize_name(target.distribution):
            raise InvalidInput(f"{target.name} cannot depend on itself", hint="name another package")
    own = {
        canonicalize_name(sibling.distribution)
        for sibling in siblings_of([str(requirement) for requirement in wanted], workspace.projects)
    }
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


def with_bound(requirement: Requirement, found: Mapping[str, str]) -> str:
    """The requirement with the series of the version that was found as its lower bound, if it has none."""
    version = found.get(canonicalize_name(requirement.name))
    if version is None or requirement.specifier or requirement.url:
        return str(requirement)
    parts = Version(version)
    # The series is what was tried; its patch releases only mend it.
    bound = f">={parts}" if parts.is_prerelease else f">={parts.major}.{parts.minor}"
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{bound}{marker}"


def declare(path: Path, lines: Sequence[str], group: str | None) -> None:
    """Write requirements into a pyproject.toml; one that is there by name is replaced. Raises `InvalidInput`."""
    import tomlkit
    from tomlkit.items import Array

    with edited(path) as document:
        if group is None:
            table = document.get("project")
            if table is None:
                raise InvalidInput(
                    f"{path} has no [project] table", hint="declare its dependencies there by hand"
                )
            if "dependencies" in table.get("dynamic", []):
                raise InvalidInput(
                    f"{path}: its dependencies are dynamic", hint="add to where they are declared"
                )
            key = "dependencies"
        else:
            table = document.setdefault("dependency-groups", tomlkit.table())
            key = group
        array = table.get(key)
        if array is None:
            array = tomlkit.array()
            table[key] = array
        if not isinstance(array, Array):
            raise InvalidInput(f"{path}: {key} is not a list")
        _declare(array, lines, f"{path.parent.name}/{path.name}")


def _declare(array: Array, lines: Sequence[str], where: str) -> None:
    indent = re.match(r"\[[^\n]*\n([ \t]*)", array.as_string())
    for line in lines:
        name = canonicalize_name(Requirement(line).name)
        position = next(
            (
                index
                for index, item in enumerate(array)
                if isinstance(item, str) and canonicalize_name(parse_requirement(item, where).name) == name
            ),
            None,
        )
        if position is None:
            array.add_line(line, indent=indent[1]) if indent else array.append(line)
        else:
            array[position] = line
