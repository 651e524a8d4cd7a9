"""Build projects when they are first asked for, several at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hermes_cli import __version__
from hermes_cli.adapters import builder, python_environments
from hermes_cli.domain.build_record import BuildRecord, BuiltFile, BuiltProject
from hermes_cli.domain.contract.errors import HermesError, Interrupted
from hermes_cli.domain.events import Listener, Stage
from hermes_cli.domain.project import Project
from hermes_cli.usecases.repo.workspace import Workspace

from .bundle import read_file
from .project_builder import ProjectBuilder

# As many builds at once as there are processors: a build keeps one busy.
WORKERS = max(2, min(os.cpu_count() or 2, 8))


def end_running() -> None:
    """End what builds and resolutions of other threads wait for."""
    builder.end_all()
    python_environments.end_all()


class OnDemandBuilds:
    """A bundle of projects that are built when they are first asked for; threads may share it.

    `count` is how many will be asked for.
    """

    def __init__(self, workspace: Workspace, folder: Path, *, count: int, notify: Listener) -> None:
        workspace.require_git()
        workspace.read_all()
        self.folder = folder / "made"
        self.folder.mkdir()
        self.record = BuildRecord(
            team=workspace.settings.team,
            repo_id=workspace.settings.repo_id,
            commit=workspace.checkout.head,
            dirty=workspace.checkout.dirty,
            hermes=__version__,
            projects=(),
        )
        self._projects: dict[str, Project] = {one.name: one for one in workspace.projects}
        self._builder = ProjectBuilder(workspace, folder, notify)
        self._stage = Stage(name="building", total=count)
        self._notify = notify
        self._slots = threading.BoundedSemaphore(WORKERS)
        self._built: dict[str, BuiltProject | HermesError] = {}
        self._guards = {name: threading.Lock() for name in self._projects}
        self._ended = False

    def project(self, name: str) -> BuiltProject:
        """Return one project, built by whoever asks first. Raises what its build raises, each time."""
        built = self.attempt(name)
        if isinstance(built, HermesError):
            raise built
        return built

    def attempt(self, name: str) -> BuiltProject | HermesError:
        """Return one project, built by whoever asks first, or the error that ended its build."""
        with self._guards[name]:
            if name not in self._built:
                with self._slots:
                    self._built[name] = self._build(name)
        return self._built[name]

    def _build(self, name: str) -> BuiltProject | HermesError:
        if self._ended:
            return Interrupted("interrupted")
        self._notify(self._stage.begun(name))
        result: BuiltProject | HermesError
        try:
            result = self._builder.build(self._projects[name], self.folder)
        except HermesError as error:
            result = error
        self._notify(self._stage.ended(name, failed=isinstance(result, HermesError)))
        return result

    def read(self, file: BuiltFile) -> bytes:
        """A file's bytes, as in any bundle."""
        return read_file(self.folder, file)

    def end(self) -> None:
        """End the builds that run, and begin no other."""
        self._ended = True
        end_running()
