"""Open the repo that a command works in: its settings, projects, git and stores."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_cli import __version__
from hermes_cli.adapters import ci
from hermes_cli.adapters.company_defaults import read_defaults
from hermes_cli.adapters.git import CommitSource, Git, GitSource
from hermes_cli.adapters.threads import shared_property
from hermes_cli.domain.branch_ref import Ref, RefKind, start_command
from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import ProjectName, did_you_mean
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.project import PROJECT_FILE, Project, parse_project_file, refuse_twins
from hermes_cli.domain.settings import (
    CONFIG_FILE,
    Layer,
    Settings,
    check_defaults,
    check_required_version,
    environment_layer,
    read_layer,
    resolve,
)

from .repo_kinds import refuse_other_kind
from .sources import FolderSource, Source, project_folders_of, read_file
from .stores import EnvironmentStores

if TYPE_CHECKING:
    from hermes_cli.domain.contract.store import Store
    from hermes_cli.domain.release_policy import Checkout


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A repo on this machine; `git` is None outside of a git repository.

    `left_out` are folders that are not treated as projects, whatever they hold. With `past` it is about a
    folder of a commit.
    """

    root: Path
    settings: Settings
    git: Git | None
    environ: Mapping[str, str]
    left_out: frozenset[str] = frozenset()
    past: CommitSource | None = None

    @shared_property
    def _from_git(self) -> GitSource | None:
        return self.git.source(project_folders_of) if self.git else None

    @shared_property
    def source(self) -> Source:
        """The files that are built: those that git would commit now; outside of git as they are."""
        return self.past or self._from_git or FolderSource(self.root)

    @shared_property
    def files(self) -> Mapping[str, tuple[str, ...]]:
        """Files by top-level folder, relative to it: those that git tracks or would track."""
        folders: dict[str, list[str]] = {}
        for file in self.source.files:
            folder, slash, rest = file.partition("/")
            if slash:
                folders.setdefault(folder, []).append(rest)
        return {folder: tuple(files) for folder, files in folders.items()}

    @shared_property
    def projects(self) -> tuple[Project, ...]:
        """All projects of the repo, by name. Raises `InvalidInput` for the first broken one."""
        readings = map(self.read_project, self.project_folders)
        found = tuple(project for project in readings if project is not None)
        refuse_twins(found)
        return found

    @property
    def project_folders(self) -> tuple[str, ...]:
        """The top-level folders that have a pyproject.toml, sorted."""
        return tuple(sorted(project_folders_of(self.source.files) - self.left_out))

    def read_project(self, folder: str) -> Project | None:
        """Read the project of a folder; None where its pyproject.toml describes none. Raises `InvalidInput`."""
        text = self.project_text(folder)
        return parse_project_file(text, folder=folder, files=frozenset(self.files[folder]))

    def project_text(self, folder: str) -> str:
        """Read the pyproject.toml of a folder. Raises `InvalidInput`."""
        path = f"{folder}/{PROJECT_FILE}"
        try:
            return (self._project_files.get(path) or read_file(self.source, path)).decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"{path} is not UTF-8 text", hint="save it as UTF-8") from None

    @shared_property
    def _project_files(self) -> Mapping[str, bytes]:
        """Every pyproject.toml, read at once; a link is read when it is asked for."""
        paths = (f"{folder}/{PROJECT_FILE}" for folder in project_folders_of(self.source.files))
        return self.source.read([path for path in paths if self.source.kind(path) != "l"])

    def select(self, names: Sequence[str]) -> tuple[Project, ...]:
        """Select the named projects, or all of them. Raises `InvalidInput`."""
        self.require_kind(DATA_PRODUCTS)
        if not self.projects:
            raise InvalidInput(f"{self.root.name} has no projects yet", hint="hermes new my_project")
        if not names:
            return self.projects
        return tuple(dict.fromkeys(self.project(name) for name in names))

    def project(self, name: str, *, or_script: bool = False) -> Project:
        """Find a project by its name or its folder (`shop/`); `or_script` proposes scripts. Raises `InvalidInput`."""
        self.require_kind(DATA_PRODUCTS)
        found: dict[str, Project] = {project.name: project for project in self.projects}
        if (bare := name.rstrip("/")) in found:
            return found[bare]
        owner = next((p.name for p in self.projects if name in (script.name for script in p.scripts)), None)
        raise InvalidInput(
            f"there is no project {name!r} in this repo",
            hint=f"did you mean {owner}{f'/{name}' * or_script}?" if owner else did_you_mean(name, found),
            note="there are: " + (", ".join(found) or "none yet"),
        )

    def read_all(self) -> None:
        """Read from git all that a build needs, before threads would read it at the same time."""
        _ = self.files, self.projects, self.checkout

    def require_kind(self, kind: str) -> None:
        """Raise `InvalidInput` where this repo is of another kind, with the place to go to."""
        refuse_other_kind(self.root.name, self.settings.kind, kind)

    def layout(self, project: ProjectName) -> Layout:
        """Return the layout of a project's objects in a store."""
        return Layout(self.settings.team, project)

    def require_repo_id(self) -> str:
        """Return the id by which this repo owns its projects' names. Raises `InvalidInput` where it is missing."""
        if not self.settings.repo_id:
            raise InvalidInput(
                f"{CONFIG_FILE} has no repo-id, which claims the names of this repo's projects",
                hint=f'add this line to its top: repo-id = "{uuid.uuid4()}"',
            )
        return self.settings.repo_id

    def require_git(self) -> Git:
        """Return git, for work that needs it. Raises `HermesError` outside of a git repository."""
        if self.git is None:
            raise HermesError(
                f"{self.root.name} is not in a git repository",
                hint=start_command(self.settings.default_branch),
            )
        return self.git

    @shared_property
    def ref(self) -> Ref:
        """The branch of this run, and where it was read."""
        fallback = self.git.ref() if self.git else Ref(kind=RefKind.NONE, source="git")
        return ci.detect(self.environ, fallback)

    @shared_property
    def is_dirty(self) -> bool:
        """Return whether there are uncommitted changes."""
        return self._from_git is None or self._from_git.dirty

    @shared_property
    def checkout(self) -> Checkout:
        """The state of the checkout: commit, uncommitted changes, conflicts."""
        from hermes_cli.domain.release_policy import Checkout

        if self.git is None or self._from_git is None:
            return Checkout(head=None, dirty=True)
        return Checkout(
            head=self.git.head(),
            dirty=self.is_dirty,
            conflicts=tuple(sorted(self._from_git.index.conflicts)),
            settings_hidden=bool(self._from_git.hidden_edits(CONFIG_FILE)),
            remote_default_branch=self.git.remote_default_branch(),
        )

    @property
    def submodules(self) -> tuple[str, ...]:
        """The paths of all submodules."""
        return self._from_git.index.submodules if self._from_git else ()

    def hidden_edits(self, project: Project) -> tuple[str, ...]:
        """Return the files of a project with edits that git is told to overlook: nothing is built with these."""
        return self._from_git.hidden_edits(project.folder) if self._from_git else ()

    @shared_property
    def user(self) -> str | None:
        """The name of the user, as git knows it."""
        identity = self.git.identity() if self.git else None
        return identity[0] if identity else None

    @property
    def feature_branch(self) -> str | None:
        """The branch named by HERMES_BRANCH; it can only ever select a feature."""
        return self.environ.get("HERMES_BRANCH") or None

    def default_environment(self) -> Environment:
        """Return the environment used where none is named: the first, or local if there is no other."""
        return self.unnamed_environments()[0]

    def unnamed_environments(self) -> tuple[Environment, ...]:
        """Return the environments used where none is named, in the order of promotion."""
        others = tuple(e for e in self.settings.environments if e.name != "local")
        return others or self.settings.environments

    def named_environments(self, names: Sequence[str]) -> tuple[Environment, ...]:
        """Return the named environments in the order of their names, or all of them.

        Raises `InvalidInput`.
        """
        if not names:
            return self.settings.environments
        return tuple(self.settings.environment(name) for name in dict.fromkeys(names))

    def cluster_pythons(self) -> tuple[str, ...]:
        """Return the Python versions to make locks for: each one that an environment has, once."""
        return tuple(dict.fromkeys(cluster_python(e) for e in self.settings.environments))

    def private_folder(self, *parts: str) -> Path:
        """Return a folder below .hermes, which holds files of this machine alone and is ignored by git."""
        private = self.root / ".hermes"
        folder = private.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        ignore = private / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder

    @shared_property
    def _stores(self) -> EnvironmentStores:
        return EnvironmentStores(self.root)

    def store(self, environment: Environment) -> Store:
        """Return the store of an environment, the same one each time. Raises `InvalidInput`."""
        return self._stores.of(environment)


def cluster_python(environment: Environment) -> str:
    """Return the Python version of an environment's cluster, or of this Python where none is set."""
    return environment.python or f"{sys.version_info.major}.{sys.version_info.minor}"


def project_of_folder(workspace: Workspace, here: Path) -> Project | None:
    """Return the project whose folder holds this one."""
    here = here.resolve()
    return next((one for one in workspace.projects if here.is_relative_to(workspace.root / one.folder)), None)


def find_root(start: Path) -> Path | None:
    """Find the folder with hermes.toml, here or above."""
    return next((folder for folder in (start, *start.parents) if (folder / CONFIG_FILE).is_file()), None)


def open_workspace(start: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """Open the repo of a folder. Raises `InvalidInput` outside of a repo."""
    root = find_root(start.resolve())
    if root is None:
        raise InvalidInput(
            f"{start.resolve()} is not in a Hermes repo (no {CONFIG_FILE} here or above)",
            hint="cd into one, or make one with: hermes new my-repo",
        )
    try:
        text = (root / CONFIG_FILE).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{CONFIG_FILE} is not UTF-8 text", hint="save it as UTF-8") from None
    layer = read_layer(text, CONFIG_FILE)
    check_required_version(layer, __version__)
    layers = [*default_layers(environ), layer]
    names = {"local", *(name for one in layers for name in one.data.get("environments", {}))}
    settings = resolve([*layers, environment_layer(environ, sorted(names))])
    git = Git.find(root)
    if git is not None and git.root != root:
        raise InvalidInput(
            f"{CONFIG_FILE} is in {root}, but the git repository starts at {git.root}",
            hint=f"move {CONFIG_FILE} to the top of the repository",
        )
    return Workspace(root=root, settings=settings, git=git, environ=environ)


def default_layers(environ: Mapping[str, str]) -> list[Layer]:
    """The company's and the user's defaults; beside the settings of a repo they may hold [new]."""
    layers = [read_layer(text, source, extra=("new",)) for source, text in read_defaults(environ)]
    for layer in layers:
        check_required_version(layer, __version__, extra=("new",))
        check_defaults(layer)
    return layers
