"""Build a project's wheel by its backend, once, and keep it until one of its inputs changes."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli import __version__
from hermes_cli.adapters import builder
from hermes_cli.adapters.cache import Cache, cache_root, key_of
from hermes_cli.adapters.python_environments import PythonEnvironment, PythonEnvironments, Recipe, find_python
from hermes_cli.usecases.repo.sources import Source

from . import warm_up

_SCHEMA = 1
# setuptools reads it from the user's home.
_SETTINGS = Path("~/.pydistutils.cfg")


@dataclass(frozen=True)
class SourceFiles:
    """The files of a project by their paths: the kind of each (`x` executable, `l` link, `f` other) and its bytes."""

    files: Mapping[str, tuple[str, bytes]]

    @staticmethod
    def read(source: Source, folder: str, files: Iterable[str]) -> SourceFiles:
        """Read the files of a folder of the source."""
        paths = {f"{folder}/{file}": file for file in files}
        data = source.read(paths.keys())
        return SourceFiles({file: (source.kind(path), data[path]) for path, file in paths.items()})

    @property
    def digest(self) -> str:
        """A digest of everything that a build can see of them."""
        total = hashlib.sha256()
        for file, (kind, data) in sorted(self.files.items()):
            path = os.fsencode(file)
            total.update(f"{kind} {len(path)} {len(data)} ".encode() + path + data)
        return total.hexdigest()

    def write(self, folder: Path) -> None:
        """Write them into a folder, with the same modes on every machine."""
        for file, (kind, data) in self.files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "l":
                path.symlink_to(os.fsdecode(data))
            else:
                path.write_bytes(data)
                path.chmod(0o755 if kind == "x" else 0o644)


@dataclass(frozen=True, kw_only=True)
class BackendOutput:
    """A wheel under its file name, or without one the text of the METADATA it would have."""

    file: str | None
    data: bytes
    backend: str | None


class WheelCache:
    """Builds wheels, each by the backend that its project names, and keeps them; threads may share it.

    None of `own_names`, those of the repo's projects, may come from an index to build with.
    """

    def __init__(self, indexes: Mapping[str, str], own_names: frozenset[str]) -> None:
        self._own_names = own_names
        self._environments = PythonEnvironments(cache_root() / "builds", indexes=indexes, compiled=True)
        self._results = Cache(cache_root() / "made")
        self._interpreter = find_python(None)
        self._platform = sysconfig.get_platform()

    def get(self, sources: SourceFiles, scratch: Path, *, library: bool) -> BackendOutput:
        """Return the wheel of a project, or without `library` its metadata; `scratch` is a folder to create.

        Raises `ProjectFailed`.
        """
        key = key_of(self._inputs(sources, library=library))
        return self._cached(key) or self._build(key, sources, scratch, library=library)

    def _inputs(self, sources: SourceFiles, *, library: bool) -> dict[str, object]:
        """Collect the inputs of a build except its environment, which is compared separately.

        A backend sees a copy of the sources in a folder of its own, and these variables.
        """
        settings = _SETTINGS.expanduser()
        return {
            "schema": _SCHEMA,
            "hermes": __version__,
            "sources": sources.digest,
            "library": library,
            "interpreter": [str(self._interpreter.path), sys.version, self._platform],
            "variables": builder.hook_environment(os.environ, Path("python")),
            "settings": settings.read_text("utf-8", "replace") if settings.is_file() else None,
        }

    def _cached(self, key: str) -> BackendOutput | None:
        found = self._results.get(key)
        if found is None or not _is_whole(found.facts):
            return None
        facts = found.facts
        environment = self._environment(facts["requires"], facts["extra"])
        if environment.made != facts["environment"]:
            return None
        return BackendOutput(file=facts["file"], data=found.data, backend=facts["backend"])

    def _build(self, key: str, sources: SourceFiles, scratch: Path, *, library: bool) -> BackendOutput:
        source, out = scratch / scratch.name, scratch / "out"
        source.mkdir(parents=True)
        out.mkdir()
        sources.write(source)
        system = builder.build_system(source)
        environment = self._environment(system.requires)
        extra = builder.extra_requirements(source, python=environment.python)
        if extra:
            environment = self._environment(system.requires, extra)
        warm_up.remember_environment(environment.python)
        backend = _backend(system.requires, environment.installed)
        if library:
            path = builder.build_wheel(source, out, python=environment.python)
            output = BackendOutput(file=path.name, data=path.read_bytes(), backend=backend)
        else:
            text = builder.build_metadata(source, out, python=environment.python)
            output = BackendOutput(file=None, data=text.encode(), backend=backend)
        facts = {
            "requires": system.requires,
            "extra": extra,
            "environment": environment.made,
            "file": output.file,
            "backend": backend,
        }
        self._results.keep(key, facts, output.data)
        return output

    def _environment(self, requires: Sequence[str], extra: Sequence[str] = ()) -> PythonEnvironment:
        recipe = Recipe(requirements=(*requires, *extra), own_names=self._own_names)
        environment = self._environments.ensure(recipe, self._interpreter)
        builder.keep_imports(environment.python)
        return environment


def _is_whole(facts: Mapping[str, object]) -> bool:
    """Tell whether these facts describe a build: a file with a right digest may come from something else."""
    lists = [facts.get(name) for name in ("requires", "extra")]
    file, backend = facts.get("file"), facts.get("backend")
    return (
        all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in lists)
        and (backend is None or isinstance(backend, str))
        and (file is None or (isinstance(file, str) and file == Path(file).name))
    )


def _backend(requires: Sequence[str], installed: Mapping[str, str]) -> str | None:
    names = [canonicalize_name(Requirement(text).name) for text in requires]
    return next((f"{name} {installed[name]}" for name in names if name in installed), None)
