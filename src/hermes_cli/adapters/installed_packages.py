"""The packages in the user's own Python environment: their versions, and the modules that each provides."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TIMEOUT = 30  # seconds
# It runs in any Python 3.8 or newer, and reads metadata only.
_PROBE = """
import json, importlib.metadata as metadata
versions, modules = {}, {}
for package in metadata.distributions():
    name = package.metadata["Name"]
    if not name:
        continue
    versions.setdefault(name, package.version)
    tops = (package.read_text("top_level.txt") or "").split()
    if not tops:
        tops = {str(f).split("/")[0].rsplit(".py", 1)[0] for f in package.files or () if str(f).endswith(".py")}
    for top in tops:
        modules.setdefault(top, []).append(name)
print(json.dumps({"versions": versions, "modules": modules}))
"""


@dataclass(frozen=True, kw_only=True)
class InstalledPackages:
    """Versions by package, and packages by the top-level module that they provide; empty where unknown."""

    versions: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_installed_packages(environ: Mapping[str, str]) -> InstalledPackages:
    """Ask the active Python environment: of VIRTUAL_ENV or CONDA_PREFIX, else of python3 on PATH."""
    python = _python(environ)
    if python is None:
        return InstalledPackages()
    clean = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [python, "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env=clean,
            check=True,
        )
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return InstalledPackages()  # optional: without it, the table of known packages decides alone
    return InstalledPackages(
        versions=found["versions"],
        modules={module: tuple(sorted(set(names))) for module, names in found["modules"].items()},
    )


def _python(environ: Mapping[str, str]) -> str | None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name) and (path := Path(environ[name], "bin", "python")).exists():
            return str(path)
    return shutil.which("python3", path=environ.get("PATH"))
