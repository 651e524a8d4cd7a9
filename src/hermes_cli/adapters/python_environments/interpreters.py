"""Find a Python of the wanted version: the running one, one of this machine, or a downloaded one."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.domain.contract.errors import InvalidInput

from .uv import run_uv

_WANTED = re.compile(r"(3\.[0-9]{1,2})(?:\.[0-9]{1,2})?", re.ASCII)
# Without a network the answer must come at once: there is another interpreter to go on with.
_FAIL_FAST = {"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "3"}


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python; `version` is its minor version, as in 3.11, and `wanted` the one that was asked for."""

    path: Path
    version: str
    wanted: str | None

    @property
    def fits(self) -> bool:
        """Return whether it has the wanted version, if one was asked for."""
        return self.wanted in (None, self.version)


def find_python(wanted: str | None, *, download: bool = True) -> Interpreter:
    """Return an interpreter of the wanted minor version, else the running one: see `Interpreter.fits`.

    It may be downloaded by uv where uv's own settings allow that and `download` does. Raises
    `InvalidInput` where `wanted` is not a version of Python 3.
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted is not None:
        match = _WANTED.fullmatch(wanted)
        if not match:
            raise InvalidInput(f"{wanted!r} is not a version of Python 3", hint="write it as 3.11")
        wanted = match[1]
        if wanted != running:
            found = _find(wanted) or (_download(wanted) if download else None)
            if found:
                return Interpreter(path=found, version=wanted, wanted=wanted)
    # Not the link in an environment of today: other runs must find the same interpreter.
    return Interpreter(path=Path(sys.executable).resolve(), version=running, wanted=wanted)


def _find(wanted: str) -> Path | None:
    found = run_uv(
        ["python", "find", wanted, "--system", "--no-project", "--no-python-downloads", "--resolve-links"],
        extra={"PATH": _search_path()},
    )
    return Path(found.stdout.strip()) if found.code == 0 and found.stdout.strip() else None


def _download(wanted: str) -> Path | None:
    installed = run_uv(["python", "install", wanted, "--no-bin"], extra=_FAIL_FAST)
    return _find(wanted) if installed.code == 0 else None


def _search_path() -> str:
    """PATH, and then pyenv's own versions: its shim of a version that is not chosen only fails."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    own = (str(folder) for folder in sorted(pyenv.glob("versions/3.*/bin")))
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *own])
