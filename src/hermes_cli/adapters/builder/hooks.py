"""Run the hooks of a project's build backend (PEP 517), in an environment that the caller made."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import ProjectFailed

from . import hook_processes
from .hook_processes import run_script

if TYPE_CHECKING:
    from build import ProjectBuilder

# 1980-01-02 in seconds: a zip holds no time before 1980, and this is 1980 in every time zone.
SOURCE_DATE_EPOCH = 315_619_200
_DEFAULT_BACKEND = "setuptools.build_meta:__legacy__"
# The variables that name the backend to a hook, and the project's folders that it may come from.
_BACKEND, _BACKEND_PATH = "_PYPROJECT_HOOKS_BUILD_BACKEND", "_PYPROJECT_HOOKS_BACKEND_PATH"
_LAST_LINES = 20

# A backend is code from an index: it must not see the caller's credentials, nor the caller's own Python.
_WITHHELD = re.compile(
    r"^(?:AWS_|AZURE_|DATABRICKS_|HERMES_|PYTHON|PIP_|UV_|CONDA_|VIRTUAL_ENV|__PYVENV_LAUNCHER__$)"
    r"|TOKEN|SECRET|PASSW(?:OR)?D|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY"
    # The variables of a shell and its terminal: they differ from one to the next.
    r"|^(?:_|SHLVL|PWD|OLDPWD|COLUMNS|LINES|WINDOWID|DISPLAY|TMUX.*|STY|PS[1-4]|LS_COLORS|GPG_.*|SSH_.*|DBUS_.*"
    r"|TERM.*|COLORTERM|XDG_SESSION_.*|XDG_RUNTIME_DIR|WAYLAND_DISPLAY|VTE_VERSION)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class BuildSystem:
    """The [build-system] of a project: its requirements, and the backend's import path."""

    requires: tuple[str, ...]
    backend: str


def build_system(source: Path) -> BuildSystem:
    """Read the build system of the project in this folder; setuptools where it names none.

    Raises `ProjectFailed` where its pyproject.toml is wrong.
    """
    with _failures(source, []):
        requires = _project_builder(source, Path(sys.executable), []).build_system_requires
    pyproject = source / "pyproject.toml"
    table = tomllib.loads(pyproject.read_text("utf-8")).get("build-system", {}) if pyproject.exists() else {}
    return BuildSystem(requires=tuple(sorted(requires)), backend=table.get("build-backend", _DEFAULT_BACKEND))


def extra_requirements(source: Path, *, python: Path) -> tuple[str, ...]:
    """Return the requirements that the backend adds to `build_system(source).requires` to build a wheel.

    `python` is the interpreter of an environment with those. Raises `ProjectFailed`.
    """
    output: list[str] = []
    with _failures(source, output):
        return tuple(sorted(_project_builder(source, python, output).get_requires_for_build("wheel")))


def build_wheel(source: Path, out_dir: Path, *, python: Path) -> Path:
    """Build the project's wheel into a folder, and return its path.

    The same source tree and the same tools give the same bytes. Raises `ProjectFailed` with the
    backend's last lines.
    """
    output: list[str] = []
    with _failures(source, output):
        return Path(_project_builder(source, python, output).build("wheel", out_dir))


def build_metadata(source: Path, out_dir: Path, *, python: Path) -> str:
    """Return the text of the METADATA that a wheel would have, without building one where the backend can.

    Raises `ProjectFailed` with the backend's last lines.
    """
    output: list[str] = []
    with _failures(source, output):
        folder = Path(_project_builder(source, python, output).metadata_path(out_dir))
        return (folder / "METADATA").read_text("utf-8")


def hook_environment(environ: Mapping[str, str], python: Path) -> dict[str, str]:
    """Return the variables that a backend's code may see, from the caller's own."""
    kept = {key: value for key, value in environ.items() if not _WITHHELD.search(key)}
    return {
        **kept,
        "PATH": os.pathsep.join([str(python.parent), environ.get("PATH", os.defpath)]),
        "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH),
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        # Bytecode beside the source could get into the wheel, and differs from machine to machine.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def start_ahead(python: Path) -> None:
    """Start the process of the first hook; does nothing where this environment does not exist."""
    hook_processes.start_ahead(python, hook_environment(os.environ, python))


def _project_builder(source: Path, python: Path, output: list[str]) -> ProjectBuilder:
    from build import ProjectBuilder

    # `build` reads a mistyped key as a warning; the project's own rules are checked elsewhere.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ProjectBuilder(source, str(python), _Runner(python, output))


@dataclass(frozen=True)
class _Runner:
    """Runs one hook, and keeps its output."""

    python: Path
    output: list[str]

    def __call__(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        environ = {**hook_environment(os.environ, self.python), **(extra_environ or {})}
        # A module of the project's own may have the name of one that another build has imported.
        own = (
            any(name.startswith(_BACKEND_PATH) for name in environ)
            or environ.get(_BACKEND) == _DEFAULT_BACKEND
        )
        code, written = run_script(self.python, cmd[1:], Path(cwd or "."), environ, alone=own)
        self.output.extend(written.splitlines())
        if code:
            raise subprocess.CalledProcessError(code, cmd)


@contextlib.contextmanager
def _failures(source: Path, output: list[str]) -> Iterator[None]:
    from build import BuildBackendException, BuildException
    from pyproject_hooks import BackendUnavailable

    try:
        yield
    except BuildBackendException as error:
        cause = error.exception
        if isinstance(cause, BackendUnavailable):
            raise ProjectFailed(
                f"the build of {source.name} failed: its build backend {cause.backend_name} "
                "cannot be imported",
                hint="correct [build-system] in its pyproject.toml: `requires` must name what "
                "`build-backend` needs",
                detail=_tail((cause.traceback or str(cause)).splitlines()),
            ) from error
        raise ProjectFailed(
            f"the build of {source.name} failed",
            hint="correct what the build backend says above",
            detail=_tail(output) or str(error),
        ) from error
    except (BuildException, OSError, UnicodeDecodeError) as error:
        raise ProjectFailed(
            f"the build of {source.name} failed: {error}",
            hint="correct its pyproject.toml",
            detail=_tail(output),
        ) from error


def _tail(lines: list[str]) -> str | None:
    return "\n".join(line.rstrip() for line in lines[-_LAST_LINES:]).strip() or None
