"""Know what each project of a repo requires: as it declares it, else as its build has it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_cli.domain.events import Listener
from hermes_cli.domain.project import Project
from hermes_cli.usecases.repo.workspace import Workspace

if TYPE_CHECKING:
    from .project_builder import ProjectBuilder


class KnownRequirements:
    """The requirements of projects; only those that are dynamic are built, and the wheel cache keeps that."""

    def __init__(self, workspace: Workspace, scratch: Path, notify: Listener) -> None:
        self._workspace = workspace
        self._scratch = scratch
        self._notify = notify

    def of(self, project: Project) -> tuple[str, ...]:
        """Return a project's requirements, those of its extras too. Raises what a build raises."""
        return self._builder.requirements(project) if project.requires is None else project.requires

    def python_of(self, project: Project) -> str | None:
        """Return a project's Requires-Python. Raises what a build raises."""
        return self._builder.requires_python(project) if project.requires is None else project.requires_python

    @cached_property
    def _builder(self) -> ProjectBuilder:
        from .project_builder import ProjectBuilder

        return ProjectBuilder(self._workspace, self._scratch, self._notify)


@contextmanager
def known_requirements(workspace: Workspace, notify: Listener) -> Iterator[KnownRequirements]:
    """Know requirements for as long as this lasts; builds have a folder that is removed then."""
    with tempfile.TemporaryDirectory(prefix="hermes-requirements-") as scratch:
        yield KnownRequirements(workspace, Path(scratch), notify)
