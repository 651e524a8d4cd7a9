"""Find the source of a dynamic version: a file, a key, or git tags, which are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hermes_cli.domain.contract.names import module_name

from .toml_text import Table

_TAGS = "git's tags, which a build does not see"


def version_source(data: Table, project: str) -> str:
    """Name the file, the key or the git tags that set the version, as the build backend documents it."""
    tool = _table(data.get("tool"))
    backend = str(_table(data.get("build-system")).get("build-backend", "setuptools"))
    hatch = _table(_table(tool.get("hatch")).get("version"))
    setuptools = _table(_table(_table(tool.get("setuptools")).get("dynamic")).get("version"))
    pdm = _table(_table(tool.get("pdm")).get("version"))
    if "vcs" in hatch.values() or "scm" in pdm.values() or "setuptools_scm" in tool:
        return _TAGS
    for table, key, what in (
        (hatch, "path", "the file"),
        (pdm, "path", "the file"),
        (setuptools, "file", "the file"),
        (setuptools, "attr", "the variable"),
    ):
        if table.get(key):
            return f"{what} {table[key]}"
    if "version" in _table(tool.get("poetry")):
        return "version of [tool.poetry]"
    if backend.startswith("flit"):
        return f"__version__ of the package {module_name(project)}"
    return "setup.cfg or setup.py" if backend.startswith("setuptools") else f"its build backend, {backend}"


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
