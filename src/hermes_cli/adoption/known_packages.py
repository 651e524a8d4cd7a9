"""Look up which package of the index provides a module, in known_packages.toml."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("known_packages.toml")


@cache
def known_packages() -> Mapping[str, Any]:
    """Read the table."""
    return tomllib.loads(_TABLE.read_text("utf-8"))


def is_standard(module: str) -> bool:
    """Tell whether a module belongs to Python's standard library."""
    return module.partition(".")[0] in sys.stdlib_module_names


def is_on_cluster(module: str) -> bool:
    """Tell whether every cluster provides a module."""
    return module.partition(".")[0] in known_packages()["cluster"]


def package_of(module: str) -> str | None:
    """Return the package that provides a module, None where it would be a guess."""
    table, parts = known_packages(), module.split(".")
    for size in range(len(parts), 0, -1):
        if package := table["packages"].get(".".join(parts[:size])):
            return str(package)
    return parts[0].replace("_", "-") if parts[0] in table["same-name"] else None
