"""Edit a project's pyproject.toml: its dependencies and the names of its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from hermes_cli.adapters.toml_file import edit_toml
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.run_specification import parse_secrets
from hermes_cli.domain.project import PROJECT_FILE
from hermes_cli.domain.requirements import parse_requirement

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Array


def with_bound(requirement: Requirement, found: Mapping[str, str]) -> str:
    """The requirement with the series of the version that was found as its lower bound, if it has none."""
    version = found.get(canonicalize_name(requirement.name))
    if version is None or requirement.specifier or requirement.url:
        return str(requirement)
    parts = Version(version)
    # The bound is the series that was tried; its patch releases only fix bugs.
    bound = f">={parts}" if parts.is_prerelease else f">={parts.major}.{parts.minor}"
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{bound}{marker}"


def declare(path: Path, lines: Sequence[str], group: str | None) -> None:
    """Write requirements into a pyproject.toml; one that is there by name is replaced. Raises `InvalidInput`."""
    import tomlkit
    from tomlkit.items import Array

    with edit_toml(path) as document:
        if group is None:
            table = document.get("project")
            if table is None:
                raise InvalidInput(
                    f"{path} has no [project] table", hint="declare its dependencies there by hand"
                )
            if "dependencies" in table.get("dynamic", []):
                raise InvalidInput(
                    f"{path}: its dependencies are dynamic", hint="add to where they are declared"
                )
            key = "dependencies"
        else:
            table = document.setdefault("dependency-groups", tomlkit.table())
            key = group
        array = table.get(key)
        if array is None:
            array = tomlkit.array()
            table[key] = array
        if not isinstance(array, Array):
            raise InvalidInput(f"{path}: {key} is not a list")
        _declare(array, lines, f"{path.parent.name}/{path.name}")


def _declare(array: Array, lines: Sequence[str], where: str) -> None:
    indent = re.match(r"\[[^\n]*\n([ \t]*)", array.as_string())
    for line in lines:
        name = canonicalize_name(Requirement(line).name)
        position = next(
            (
                index
                for index, item in enumerate(array)
                if isinstance(item, str) and canonicalize_name(parse_requirement(item, where).name) == name
            ),
            None,
        )
        if position is None:
            array.add_line(line, indent=indent[1]) if indent else array.append(line)
        else:
            array[position] = line


def name_secrets(document: TOMLDocument, names: Sequence[str]) -> None:
    """Name secrets in a project's pyproject.toml, beside those that are there. Raises `InvalidInput`."""
    import tomlkit

    if not names:
        return
    table = document.setdefault("tool", tomlkit.table(is_super_table=True)).setdefault(
        "hermes", tomlkit.table()
    )
    array = table.setdefault("secrets", tomlkit.array())
    for name in parse_secrets(names, PROJECT_FILE):
        if name not in array:
            array.append(name)
