"""Build one project and the libraries of its repo that it needs, from a clean copy in an isolated environment."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters.wheels import Wheel, find_secret, read_wheel, restamp
from hermes_cli.domain.build_record import BuiltFile, BuiltProject, content_digest
from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT
from hermes_cli.domain.contract.names import parse_version
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import Project, check_distribution
from hermes_cli.domain.python_versions import check_support, cluster_facts
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.domain.url_credentials import refuse_credentials
from hermes_cli.script_analysis.relative_imports import check_script
from hermes_cli.usecases.repo.own_names import own_names
from hermes_cli.usecases.repo.sources import read_file
from hermes_cli.usecases.repo.workspace import Workspace

from .lock_cache import DependencyResolver
from .source_checks import link_errors, submodule_errors
from .wheel_cache import SourceFiles, WheelCache


@dataclass(frozen=True, kw_only=True)
class _Built:
    """The result of one project's build, before anything is written."""

    project: Project
    distribution: str
    version: str
    requires: tuple[str, ...]
    requires_python: str | None
    wheel: Wheel | None
    backend: str | None


class ProjectBuilder:
    """Builds each project of a repo at most once; threads may share it."""

    def __init__(self, workspace: Workspace, scratch: Path, notify: Listener) -> None:
        self._workspace = workspace
        self._scratch = scratch
        self._notify = notify
        self._own_names = own_names(workspace)
        self._wheels = WheelCache(workspace.settings.indexes, self._own_names)
        self._resolver = DependencyResolver(workspace.settings.indexes)
        self._built_by_name: dict[str, _Built] = {}
        self._guard = threading.Lock()
        self._guards: dict[str, threading.Lock] = {}

    def build(self, project: Project, out_dir: Path) -> BuiltProject:
        """Build a project and the libraries of the repo that it needs, and write its files."""
        scripts = self._scripts(project)
        built = self._build_once(project)
        pythons = self._workspace.cluster_pythons()
        needed = {python: self._needed(built, python) for python in pythons}
        locks = {python: self._lock(built, needed[python], python) for python in pythons}
        libraries = {one.project.name: one for python in pythons for one in needed[python]}
        folder = out_dir / project.name
        folder.mkdir(exist_ok=True)
        library = built.wheel if project.library else None
        return BuiltProject(
            project=project.name,
            distribution=built.distribution,
            version=built.version,
            tree=self._workspace.source.tree(project.folder),
            content=_content(built, scripts),
            scripts=tuple(_write(folder, SCRIPT, name, f"{name}.py", data) for name, data in scripts.items()),
            library=_write(folder, LIBRARY, built.distribution, library.file, library.data)
            if library
            else None,
            libraries=tuple(
                _write(folder, LIBRARY, one.distribution, one.wheel.file, one.wheel.data)
                for one in libraries.values()
                if one.wheel
            ),
            needs=tuple(libraries),
            spared={
                python: names
                for python in pythons
                if (
                    names := tuple(
                        one.distribution for one in libraries.values() if one not in needed[python]
                    )
                )
            },
            dependencies=built.requires,
            requires_python=built.requires_python,
            locks=locks,
            backend=built.backend,
            secrets=project.secrets,
        )

    def content(self, project: Project) -> tuple[str, str]:
        """Build a project for its version and content digest alone, without resolving its dependencies."""
        self._notify(Event(subject=project.name, message="building"))
        scripts = self._scripts(project)
        built = self._build_once(project)
        return built.version, _content(built, scripts)

    def _wheel_file(self, built: _Built) -> Path:
        """Write the wheel under its right name, for the resolver."""
        assert built.wheel is not None  # noqa: S101 - for the type checker
        path = self._scratch / "wheels" / built.wheel.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(built.wheel.data)
        return path

    def _scripts(self, project: Project) -> dict[str, bytes]:
        return {script.name: self._script(project, script.path) for script in project.scripts}

    def _script(self, project: Project, path: str) -> bytes:
        where = f"{project.folder}/{path}"
        data = read_file(self._workspace.source, where)
        check_script(data, where)
        secret = find_secret(where, data)
        if secret:
            raise ProjectFailed(
                f"{where} holds a secret ({secret}), and would be deployed with it",
                hint="take it out, and change that secret: it may be in git's history",
            )
        return data

    def _lock(self, built: _Built, needed: Sequence[_Built], python: str) -> str:
        for one in (built, *needed):
            check_support(one.project.name, one.requires_python, python, needed_by=built.project.name)
        wheels = {one.distribution: self._wheel_file(one) for one in (built, *needed) if one.wheel}
        tell = Event(subject=built.project.name, message="resolving its dependencies")
        return self._resolver.lock(
            () if built.wheel else built.requires,
            [one.wheel for one in (built, *needed) if one.wheel],
            python=python,
            files=wheels,
            own_names=self._own_names,
            starting=lambda: self._notify(tell),
        )

    def _needed(self, built: _Built, python: str) -> list[_Built]:
        """Build the repo's libraries that a project needs on this Python, each once, without the project itself."""
        *siblings, _ = with_siblings(
            built.project,
            self._workspace.projects,
            requirements=self.requirements,
            facts=cluster_facts(python),
            own_names=self._own_names,
        )
        found = [self._build_once(sibling) for sibling in siblings]
        for one in found:
            if one.wheel is None:
                raise ProjectFailed(
                    f"{built.project.name} needs {one.project.name}, which has library = false",
                    hint=f"set library = true in {one.project.folder}/pyproject.toml",
                )
        return found

    def requirements(self, project: Project) -> tuple[str, ...]:
        """Return the requirements of a project as it is built, those of its extras too."""
        return self._build_once(project).requires

    def requires_python(self, project: Project) -> str | None:
        """Return the Requires-Python of a project as it is built."""
        return self._build_once(project).requires_python

    def _build_once(self, project: Project) -> _Built:
        with self._guard:
            guard = self._guards.setdefault(project.name, threading.Lock())
        with guard:  # whoever comes second waits for what the first one makes
            if project.name not in self._built_by_name:
                self._built_by_name[project.name] = self._build(project)
            return self._built_by_name[project.name]

    def _build(self, project: Project) -> _Built:
        output = self._wheels.get(
            self._sources(project), self._scratch / "src" / project.name, library=project.library
        )
        if output.file is None:
            from packaging.metadata import parse_email

            metadata, _ = parse_email(output.data)
            return _check_built(
                project,
                metadata.get("name", ""),
                metadata.get("version", ""),
                metadata.get("requires_dist", []),
                metadata.get("requires_python"),
                None,
                output.backend,
            )
        wheel = read_wheel(output.file, output.data)
        return _check_built(
            project,
            wheel.distribution,
            wheel.version,
            wheel.requires,
            wheel.requires_python,
            wheel,
            output.backend,
        )

    def _sources(self, project: Project) -> SourceFiles:
        """Read the files that git holds or would commit, so that nothing stale gets into a wheel."""
        for _, error in (*submodule_errors(self._workspace, project), *link_errors(self._workspace, project)):
            raise error
        files = self._workspace.files[project.folder]
        return SourceFiles.read(self._workspace.source, project.folder, files)


def _content(built: _Built, scripts: Mapping[str, bytes]) -> str:
    library = built.wheel if built.project.library else None
    return content_digest(
        scripts={name: _sha256(data) for name, data in scripts.items()},
        payload=library.payload if library else {},
        entry_points=library.entry_points if library else None,
        dependencies=built.requires,
        requires_python=built.requires_python,
        secrets=built.project.secrets,
    )


def _check_built(
    project: Project,
    distribution: str,
    version: str,
    requires: Iterable[str],
    requires_python: str | None,
    wheel: Wheel | None,
    backend: str | None,
) -> _Built:
    where = f"{project.folder} (as built)"
    check_distribution(project.name, distribution, where)
    requires = tuple(sorted(requires))
    for requirement in requires:
        refuse_credentials(requirement, f"{where}: Requires-Dist", ProjectFailed)
    if wheel is not None and not wheel.payload:
        raise ProjectFailed(
            f"the wheel of {project.name} is empty: its build found no module",
            hint=f"check which packages {project.folder}/pyproject.toml names, and that git does not ignore them",
        )
    normal = str(parse_version(version, where))
    return _Built(
        project=project,
        distribution=distribution,
        version=normal,
        requires=requires,
        requires_python=requires_python,
        wheel=restamp(wheel, normal) if wheel else None,
        backend=backend,
    )


def _write(folder: Path, kind: str, name: str, file: str, data: bytes) -> BuiltFile:
    (folder / file).write_bytes(data)
    return BuiltFile(kind=kind, name=name, path=f"{folder.name}/{file}", sha256=_sha256(data), size=len(data))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
