"""Read a project as it is in the work tree and as a commit holds it: its version and its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from hermes_cli.adapters.git import Snapshot
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import PROJECT_FILE, Project, parse_project_file
from hermes_cli.usecases.building.project_builder import ProjectBuilder
from hermes_cli.usecases.repo.workspace import Workspace


class RevisionBroken(HermesError):
    """A project as of a commit cannot be read or built (exit code 1)."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One state of a project. Facts that need a build are built when first asked for, once."""

    project: Project
    build: Callable[[], tuple[str, str]]

    @property
    def version(self) -> Version:
        """The version, from a build where it is dynamic. Raises what a build raises."""
        return self.project.version or Version(self._built[0])

    @property
    def content(self) -> str:
        """The content digest. Raises what a build raises."""
        return self._built[1]

    @cached_property
    def _built(self) -> tuple[str, str]:
        return self.build()


class Revisions:
    """The projects of the work tree and of commits; `scratch` is the folder for builds."""

    def __init__(self, workspace: Workspace, scratch: Path, notify: Listener) -> None:
        self._workspace = workspace
        self._scratch = scratch
        self._notify = notify
        self._builder = ProjectBuilder(workspace, self._folder("here"), notify)
        self._known: dict[tuple[str, str], Revision | None] = {}

    def of_work_tree(self, project: Project) -> Revision:
        """Return a project of the work tree."""
        return Revision(project=project, build=lambda: self._builder.content(project))

    def of_commit(self, snapshot: Snapshot, folder: str) -> Revision | None:
        """Return the project of a folder in a commit; None where there is none.

        Any fault of it raises `RevisionBroken`, later builds too.
        """
        tree = snapshot.trees.get(folder)
        if tree is None:
            return None
        if (folder, tree) not in self._known:  # two commits may have the same
            self._known[folder, tree] = self._read(snapshot, folder, tree)
        return self._known[folder, tree]

    def _read(self, snapshot: Snapshot, folder: str, tree: str) -> Revision | None:
        with _past():
            project = project_of(snapshot, folder)
        if project is None:
            return None

        def build() -> tuple[str, str]:
            root = self._folder(f"{folder}-{tree}")
            past = replace(self._workspace, git=None, past=snapshot.source(folder))

            def tell(event: Event) -> None:
                self._notify(replace(event, message=f"{event.message} it as of {snapshot.commit[:12]}"))

            with _past():
                return ProjectBuilder(past, root, tell).content(project)

        return Revision(project=project, build=build)

    def _folder(self, name: str) -> Path:
        folder = self._scratch / name
        folder.mkdir(exist_ok=True)
        return folder


@contextmanager
def _past() -> Iterator[None]:
    try:
        yield
    except HermesError as error:
        raise RevisionBroken(error.message, hint=error.hint, detail=error.detail) from error


def project_of(snapshot: Snapshot, folder: str) -> Project | None:
    """Return the project of a folder in a commit; None where there is none. Raises `InvalidInput`."""
    data = snapshot.read(f"{folder}/{PROJECT_FILE}")
    if data is None:
        return None
    where = f"{folder}/{PROJECT_FILE}"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{where} is not UTF-8 text") from None
    return parse_project_file(text, folder=folder, files=frozenset(snapshot.files(folder)))
