"""Look up which package of the index provides a module, in known_packages.toml."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.names import canonical_name, module_name

_TABLE = Path(__file__).with_name("known_packages.toml")


@cache
def known_packages() -> Mapping[str, Any]:
    """Read the table."""
    return tomllib.loads(_TABLE.read_text("utf-8"))


def is_standard(module: str) -> bool:
    """Tell whether a module belongs to Python's standard library, of this version or of another one."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in known_packages()["standard"]


def is_on_cluster(module: str) -> bool:
    """Tell whether every cluster provides a module."""
    return module.partition(".")[0] in known_packages()["cluster"]


def is_also_on_cluster(module: str) -> bool:
    """Tell whether a cluster provides a module that a project may declare as well."""
    return any(one in known_packages()["also-on-cluster"] for one in _with_outer(module))


def package_of(module: str) -> str | None:
    """Return the package that provides a module, None where it would be a guess."""
    table, top = known_packages(), module.partition(".")[0]
    for one in _with_outer(module):
        if package := table["packages"].get(one):
            return str(package)
    return top.replace("_", "-") if top in table["same-name"] else None


def package_named(project: str) -> str | None:
    """Return the well-known package that has a project's name, or whose module has it; None where there is none."""
    named = {canonical_name(package): package for package in known_packages()["packages"].values()}
    return package_of(module_name(project)) or named.get(canonical_name(project))


def is_known(package: str) -> bool:
    """Tell whether it is known which modules a package provides, or one that it is a variant of."""
    return _stem(package) in _known_stems()


@cache
def _known_stems() -> frozenset[str]:
    table = known_packages()
    names = [*table["packages"].values(), *table["same-name"], *table["cluster"]]
    return frozenset(_stem(canonical_name(name)) for name in names)


def is_named_like(package: str, module: str) -> bool:
    """Tell whether a package, by its canonical name, is one that provides a module, or a variant of that one.

    Variants are those such as `polars-lts-cpu` and `opencv-contrib-python`; the packages of a namespace, such
    as `google`, are no variants of each other.
    """
    outer = _with_outer(module)
    provider = package_of(module)
    names = {canonical_name(one) for one in (*outer, *([provider] if provider else []))}
    if package in names or package.removeprefix("python-") in names:
        return True
    in_namespace = any("." in one for one in known_packages()["packages"] if one.startswith(f"{outer[-1]}."))
    return not in_namespace and package.split("-")[0] in {_stem(name) for name in names}


def _stem(package: str) -> str:
    return package.removeprefix("python-").removeprefix("apache-").split("-")[0]


def _with_outer(module: str) -> list[str]:
    """Return a module's name and those of the packages that it is in, the longest first."""
    parts = module.split(".")
    return [".".join(parts[:size]) for size in range(len(parts), 0, -1)]
