"""Build one project and the libraries of its repo that it needs, from a clean copy in an isolated environment."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters.wheels import Wheel, find_secret, read_wheel, restamp
from hermes_cli.domain.build_record import BuiltFile, BuiltProject, content_digest
from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed
from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT
from hermes_cli.domain.contract.names import parse_version
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import Project, check_distribution, siblings_of
from hermes_cli.domain.python_versions import supports
from hermes_cli.domain.script_rules import check_script
from hermes_cli.usecases.repo.workspace import Workspace

from .dependency_locks import DependencyResolver
from .source_checks import link_errors, submodule_errors
from .wheel_cache import SourceFiles, WheelCache


@dataclass(frozen=True, kw_only=True)
class _Made:
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
        self._makers = WheelCache(workspace.settings.indexes)
        self._resolver = DependencyResolver(workspace.settings.indexes)
        self._made: dict[str, _Made] = {}
        self._guard = threading.Lock()
        self._guards: dict[str, threading.Lock] = {}

    def finish(self, project: Project, out_dir: Path) -> BuiltProject:
        """Build a project and the libraries of the repo that it needs, and write its files."""
        scripts = self._scripts(project)
        made = self._make(project)
        needed = self._needed(made, ())
        wheels = {one.distribution: self._wheel_file(one) for one in (made, *needed) if one.wheel}
        requires = () if made.wheel else made.requires
        pythons = self._workspace.cluster_pythons()
        for python in pythons:
            _check_requires_python(made, python)
        libraries = [one.wheel for one in (made, *needed) if one.wheel]
        tell = Event(subject=project.name, message="resolving its dependencies")
        locks = {
            python: self._resolver.lock(
                requires, libraries, python=python, files=wheels, starting=lambda: self._notify(tell)
            )
            for python in pythons
        }
        folder = out_dir / project.name
        folder.mkdir(exist_ok=True)
        library = made.wheel if project.library else None
        return BuiltProject(
            project=project.name,
            distribution=made.distribution,
            version=made.version,
            tree=self._workspace.trees.of(project.folder),
            content=_content(made, scripts),
            scripts=tuple(_write(folder, SCRIPT, name, f"{name}.py", data) for name, data in scripts.items()),
            library=_write(folder, LIBRARY, made.distribution, library.file, library.data)
            if library
            else None,
            libraries=tuple(
                _write(folder, LIBRARY, one.distribution, one.wheel.file, one.wheel.data)
                for one in needed
                if one.wheel
            ),
            needs=tuple(one.project.name for one in needed),
            dependencies=made.requires,
            requires_python=made.requires_python,
            locks=locks,
            backend=made.backend,
            secrets=project.secrets,
        )

    def content(self, project: Project) -> tuple[str, str]:
        """Build a project for its version and content digest alone, without resolving its dependencies."""
        self._notify(Event(subject=project.name, message="building"))
        scripts = self._scripts(project)
        made = self._make(project)
        return made.version, _content(made, scripts)

    def _wheel_file(self, made: _Made) -> Path:
        """Write the wheel under its right name, for the resolver."""
        assert made.wheel is not None  # noqa: S101 - for the type checker
        path = self._scratch / "wheels" / made.wheel.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made.wheel.data)
        return path

    def _scripts(self, project: Project) -> dict[str, bytes]:
        return {script.name: self._script(project, script.path) for script in project.scripts}

    def _script(self, project: Project, path: str) -> bytes:
        where = f"{project.folder}/{path}"
        data = (self._workspace.root / where).read_bytes()
        check_script(data, where)
        secret = find_secret(where, data)
        if secret:
            raise ProjectFailed(
                f"{where} holds a secret ({secret}), and would be deployed with it",
                hint="take it out, and change that secret: it may be in git's history",
            )
        return data

    def _needed(self, made: _Made, above: tuple[str, ...]) -> list[_Made]:
        """Build the repo's libraries that a project needs, each once, without the project itself."""
        found: dict[str, _Made] = {}
        for sibling in siblings_of(made.requires, self._workspace.projects):
            if sibling.name == made.project.name:
                continue
            if sibling.name in above:
                raise InvalidInput(
                    f"{made.project.name} and {sibling.name} need each other", hint="break the circle"
                )
            one = self._make(sibling)
            if one.wheel is None:
                raise ProjectFailed(
                    f"{made.project.name} needs {sibling.name}, which has library = false",
                    hint=f"set library = true in {sibling.folder}/pyproject.toml",
                )
            for deeper in self._needed(one, (*above, made.project.name)):
                found[deeper.project.name] = deeper
            found[sibling.name] = one
        return list(found.values())

    def _make(self, project: Project) -> _Made:
        with self._guard:
            guard = self._guards.setdefault(project.name, threading.Lock())
        with guard:  # whoever comes second waits for what the first one makes
            if project.name not in self._made:
                self._made[project.name] = self._build(project)
            return self._made[project.name]

    def _build(self, project: Project) -> _Made:
        raw = self._makers.make(
            self._sources(project), self._scratch / "src" / project.name, library=project.library
        )
        if raw.file is None:
            from packaging.metadata import parse_email

            metadata, _ = parse_email(raw.data)
            return _made(
                project,
                metadata.get("name", ""),
                metadata.get("version", ""),
                metadata.get("requires_dist", []),
                metadata.get("requires_python"),
                None,
                raw.backend,
            )
        wheel = read_wheel(raw.file, raw.data)
        return _made(
            project,
            wheel.distribution,
            wheel.version,
            wheel.requires,
            wheel.requires_python,
            wheel,
            raw.backend,
        )

    def _sources(self, project: Project) -> SourceFiles:
        """Read the files that git tracks or would track, so that nothing stale gets into a wheel."""
        for _, error in (*submodule_errors(self._workspace, project), *link_errors(self._workspace, project)):
            raise error
        folder = (self._workspace.root / project.folder).resolve()
        return SourceFiles.read(folder, self._workspace.files[project.folder])


def _content(made: _Made, scripts: Mapping[str, bytes]) -> str:
    library = made.wheel if made.project.library else None
    return content_digest(
        scripts={name: _sha256(data) for name, data in scripts.items()},
        payload=library.payload if library else {},
        entry_points=library.entry_points if library else None,
        dependencies=made.requires,
        requires_python=made.requires_python,
        secrets=made.project.secrets,
    )


def _made(
    project: Project,
    distribution: str,
    version: str,
    requires: Iterable[str],
    requires_python: str | None,
    wheel: Wheel | None,
    backend: str | None,
) -> _Made:
    where = f"{project.folder} (as built)"
    check_distribution(project.name, distribution, where)
    if wheel is not None and not wheel.payload:
        raise ProjectFailed(
            f"the wheel of {project.name} is empty: its build found no module",
            hint=f"check which packages {project.folder}/pyproject.toml names, and that git does not ignore them",
        )
    normal = str(parse_version(version, where))
    return _Made(
        project=project,
        distribution=distribution,
        version=normal,
        requires=tuple(sorted(requires)),
        requires_python=requires_python,
        wheel=restamp(wheel, normal) if wheel else None,
        backend=backend,
    )


def _check_requires_python(made: _Made, python: str) -> None:
    if not supports(made.requires_python, python):
        raise ProjectFailed(
            f"{made.project.name} requires Python {made.requires_python}, and the cluster has {python}",
            hint="change requires-python, or python in hermes.toml",
        )


def _write(folder: Path, kind: str, name: str, file: str, data: bytes) -> BuiltFile:
    (folder / file).write_bytes(data)
    return BuiltFile(kind=kind, name=name, path=f"{folder.name}/{file}", sha256=_sha256(data), size=len(data))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
