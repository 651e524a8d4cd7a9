"""Make a Python environment once for a recipe, install its packages and wheels, and keep it for other runs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sysconfig
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hermes_cli.domain.contract.errors import HermesError, ProjectFailed

from .interpreters import Interpreter
from .namesakes import ANNOTATED, never_built, refuse_namesakes
from .uv import index_options, run_uv

_MARKER = "hermes.json"
_UNUSED = 30 * 24 * 3600  # seconds after which an environment may be removed
_SCHEMA = 3


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The content of an environment, installed in this order: lock, wheels, and then the rest together.

    `lock` is a text of pins with hashes, and every package of it is checked against them; `wheels`
    are installed without their dependencies; `editable` are project folders; `groups` are
    dependency groups as `path/to/pyproject.toml:name`. `inputs` are further strings that the rest
    depends on, such as digests of the files named here. No package of an index may have, or need, one
    of `own_names`.
    """

    requirements: tuple[str, ...] = ()
    editable: tuple[Path, ...] = ()
    groups: tuple[str, ...] = ()
    lock: str | None = None
    wheels: tuple[Path, ...] = ()
    inputs: tuple[str, ...] = ()
    own_names: frozenset[str] = frozenset()

    @property
    def local_names(self) -> frozenset[str]:
        """The packages of its editable projects."""
        return frozenset(canonicalize_name(path.name) for path in self.editable)


@dataclass(frozen=True, kw_only=True)
class PythonEnvironment:
    """A complete environment; `installed` gives versions by canonical name.

    `made` changes each time that the environment is made again; while it is the same, so are the files.
    """

    python: Path
    installed: Mapping[str, str]
    fresh: bool
    made: str = ""


class PythonEnvironments:
    """The environments in one cache folder; `indexes` are private package indexes, name to URL.

    `compiled` ones start faster: for those that must not write bytecode when they are used.
    """

    def __init__(
        self, cache: Path, *, indexes: Mapping[str, str] | None = None, compiled: bool = False
    ) -> None:
        self._cache = cache
        self._compiled = compiled
        self._indexes = dict(indexes or {})
        self._platform = sysconfig.get_platform()

    def ensure(self, recipe: Recipe, interpreter: Interpreter) -> PythonEnvironment:
        """Return the environment of this recipe, and make it if it is missing; one process makes it, others wait.

        Raises `ProjectFailed` with uv's reason where something cannot be installed, and
        `HermesError` where the network or the cache folder fails. Then nothing half-made is left.
        """
        folder = self._cache / self._key(recipe, interpreter)[:16]
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with _lock(folder):
                environment = _reuse(folder, recipe) or self._make(folder, recipe, interpreter)
        except OSError as error:
            raise HermesError(
                f"the cache folder {self._cache} cannot be written: {error.strerror or error}",
                hint="make room there, or set HERMES_CACHE_DIR to another folder",
            ) from error
        if environment.fresh:
            self.sweep()
        return environment

    def sweep(self) -> list[Path]:
        """Remove environments that nobody has used for 30 days; returns what was removed."""
        removed = []
        for folder in sorted(self._cache.glob("[0-9a-f]" * 16)):
            try:
                with _lock(folder, wait=False):
                    if time.time() - _last_use(folder) > _UNUSED:
                        shutil.rmtree(folder, ignore_errors=True)
                        removed.append(folder)
            except OSError:
                continue  # in use, or not ours to remove
        return removed

    def _key(self, recipe: Recipe, interpreter: Interpreter) -> str:
        facts = {
            **asdict(recipe),
            "schema": _SCHEMA,
            "editable": [str(path.absolute()) for path in recipe.editable],
            # Those of other projects are looked for when it is used again: a new one changes no environment.
            "own_names": sorted(recipe.own_names & recipe.local_names),
            "wheels": [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in recipe.wheels],
            "interpreter": [str(interpreter.path), interpreter.version, self._platform],
            "indexes": self._indexes,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def _make(self, folder: Path, recipe: Recipe, interpreter: Interpreter) -> PythonEnvironment:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _uv(["venv", "--quiet", "--no-project", "--python", str(interpreter.path), str(folder)])
            python = folder / "bin" / "python"
            self._check_names(recipe, folder, python)
            install = ["pip", "install", "--quiet", "--python", str(python), *index_options(self._indexes)]
            install += never_built(recipe.own_names - recipe.local_names)
            install += ["--compile-bytecode"] if self._compiled else []
            for arguments in _installs(recipe, folder):
                _uv([*install, *arguments])
            listed = json.loads(_uv(["pip", "list", "--format", "json", "--python", str(python)]))
            installed: dict[str, str] = {canonicalize_name(r["name"]): str(r["version"]) for r in listed}
            marker, made = folder / _MARKER, uuid.uuid4().hex
            partial = marker.with_suffix(".partial")
            partial.write_text(json.dumps({"schema": _SCHEMA, "installed": installed, "made": made}), "utf-8")
            partial.replace(marker)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return PythonEnvironment(python=python, installed=installed, fresh=True, made=made)

    def _check_names(self, recipe: Recipe, folder: Path, python: Path) -> None:
        """Raise `ProjectFailed` where an index would be asked for a project of the repo."""
        lines = [*map(check_requirement, recipe.requirements)]
        lines += [f"-e {path.absolute().as_uri()}" for path in recipe.editable]
        if not recipe.own_names or not (lines or recipe.groups):
            return
        source = folder / "requirements.in"
        source.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        resolved = _uv(
            [
                *("pip", "compile", str(source), "--quiet", "--no-header", "--python", str(python)),
                *(part for group in recipe.groups for part in ("--group", group)),
                *index_options(self._indexes),
                *ANNOTATED,
                *never_built(recipe.own_names - recipe.local_names),
            ]
        )
        refuse_namesakes(resolved, recipe.own_names)


@contextmanager
def _lock(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a folder's lock; without `wait` it raises `BlockingIOError` where another process has it."""
    with folder.with_name(folder.name + ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _reuse(folder: Path, recipe: Recipe) -> PythonEnvironment | None:
    marker, python = folder / _MARKER, folder / "bin" / "python"
    try:
        facts = json.loads(marker.read_text("utf-8"))
        installed, made = facts["installed"], facts["made"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not python.exists():
        return None  # its interpreter was uninstalled
    if (recipe.own_names - recipe.local_names) & installed.keys():
        return None  # there is a project of that name since
    os.utime(marker)
    return PythonEnvironment(python=python, installed=installed, fresh=False, made=made)


def _last_use(folder: Path) -> float:
    marker = folder / _MARKER
    return (marker if marker.exists() else folder).stat().st_mtime


def _installs(recipe: Recipe, folder: Path) -> list[list[str]]:
    steps = []
    if recipe.lock and recipe.lock.strip():
        pins = folder / "lock.txt"
        pins.write_text(recipe.lock, "utf-8")
        # The lock is complete: what it leaves out is not for this environment.
        steps.append(["--no-deps", "--require-hashes", "--requirements", str(pins)])
    if recipe.wheels:
        steps.append(["--no-deps", *(str(path.absolute()) for path in recipe.wheels)])
    rest = [
        *map(check_requirement, recipe.requirements),
        *(part for path in recipe.editable for part in ("--editable", str(path.absolute()))),
        *(part for group in recipe.groups for part in ("--group", group)),
    ]
    if rest:
        steps.append(rest)
    return steps


def check_requirement(text: str) -> str:
    """Check a requirement, and normalise it, so that it is never taken for an option. Raises `ProjectFailed`."""
    try:
        return str(Requirement(text))
    except InvalidRequirement as error:
        raise ProjectFailed(
            f"{text!r} is not a requirement", hint='write it as "pandas>=2.2"', detail=str(error)
        ) from error


def _uv(arguments: list[str]) -> str:
    outcome = run_uv(arguments)
    if outcome.code == 0:
        return outcome.stdout
    raise outcome.failure("what the project requires cannot be installed", ProjectFailed)
