"""hermes bump: raise a project's version in its pyproject.toml, and nothing else in that file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from hermes_cli.adapters.toml_file import edit_toml
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.contract.names import parse_version
from hermes_cli.domain.contract.suffixes import Release
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.toml_text import parse_toml
from hermes_cli.domain.version_bump import PARTS, next_version
from hermes_cli.domain.version_source import version_source
from hermes_cli.usecases.comparing.base_branch import Base, NoBase, find_base
from hermes_cli.usecases.comparing.revisions import project_of
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Known:
    """A version that is taken, and where: in an environment, or on the base branch."""

    version: Version
    where: str


@dataclass(frozen=True, kw_only=True)
class Bumped:
    """A project's version before and now; `above` says what it was compared with, `unasked` with what not."""

    project: str
    old: str
    new: str
    above: tuple[str, ...]
    unasked: tuple[str, ...]


def bump(workspace: Workspace, name: str, to: str, *, notify: Listener) -> Bumped:
    """Give a project a higher version: the next major, minor or patch version, or the one named.

    It counts from the highest of the version here and those that are taken: released in an
    environment, or on the base branch. An environment that cannot be asked is in the report.
    Raises `Conflict` where the version named is not above what is taken, and `InvalidInput` where
    it is not a version, or is set outside of pyproject.toml.
    """
    project = workspace.project(name)
    if project.version is None:
        raise _not_here(workspace, project)
    asked = None if to in PARTS else _version(to)
    taken, compared, unasked = _taken(workspace, project, notify)
    highest = max(taken, key=lambda known: known.version, default=None)
    start = max(project.version, highest.version) if highest else project.version
    new = asked or next_version(start, to)
    if highest and new <= highest.version:
        raise Conflict(
            f"{project.name} {new} is not above {highest.version}, which {highest.where}",
            hint=f"hermes bump {project.name} {next_version(start, 'patch')}",
        )
    _write(workspace.root / project.folder / PROJECT_FILE, new)
    return Bumped(
        project=project.name, old=str(project.version), new=str(new), above=compared, unasked=unasked
    )


def _write(path: Path, version: Version) -> None:
    import tomlkit

    with edit_toml(path) as document:
        table: Any = document["project"]
        quoted_singly = table["version"].as_string().startswith("'")
        table["version"] = tomlkit.string(str(version), literal=quoted_singly)


def _version(text: str) -> Version:
    try:
        return parse_version(text, "hermes bump")
    except InvalidInput as error:
        raise InvalidInput(
            error.message, hint=f"write {', '.join(PARTS)}, or a version such as 1.2.0"
        ) from None


def _taken(
    workspace: Workspace, project: Project, notify: Listener
) -> tuple[list[Known], tuple[str, ...], tuple[str, ...]]:
    """The versions that are taken, what was asked for them, and what could not be."""
    taken: list[Known] = []
    compared: list[str] = []
    unasked: list[str] = []
    for environment in workspace.unnamed_environments():
        notify(Event(subject=project.name, message=f"asking {environment.name} what is released"))
        try:
            suffixes = catalog.suffixes(workspace.store(environment), workspace.layout(project.name))
        except HermesError as error:
            unasked.append(f"{environment.name}: {error.message}")
            continue
        compared.append(environment.name)
        where = f"is released in {environment.name}"
        taken += [Known(version=one.version, where=where) for one in suffixes if isinstance(one, Release)]
    base = find_base(workspace, None) if workspace.git else None
    if base is None or isinstance(base, NoBase):
        unasked += [f"{base.name}: {base.reason}"] if base else []
    else:
        compared.append(base.name)
        taken += _on_base(base, project)
    return taken, tuple(compared), tuple(unasked)


def _on_base(base: Base, project: Project) -> Iterator[Known]:
    for snapshot in (base.fork, base.head):
        with suppress(InvalidInput):  # what cannot be read was never released
            there = project_of(snapshot, project.folder)
            if there and there.version:
                yield Known(version=there.version, where=f"{base.name} has")


def _not_here(workspace: Workspace, project: Project) -> InvalidInput:
    where = f"{project.folder}/{PROJECT_FILE}"
    text = (workspace.root / where).read_text(encoding="utf-8")
    source = version_source(parse_toml(text, where), project.name)
    return InvalidInput(
        f"{where} does not say the version of {project.name} itself: it comes from {source}",
        hint='raise it there, or write version = "…" into [project] and take it out of dynamic',
    )
