"""Put an adopted script in the place of the sample that a template makes."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement

from hermes_cli.adapters.toml_file import edit_toml
from hermes_cli.adoption import Conversion, smoke_test_for
from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.project import PROJECT_FILE
from hermes_cli.usecases.adopting.lower_bounds import BoundRequirements
from hermes_cli.usecases.repo.pyproject_edits import declare, name_secrets


def replace_sample(
    folder: Path, conversion: Conversion, bound: BoundRequirements, *, package: str, script: str
) -> None:
    """Replace the sample script of a rendered project, its test, and what it alone needs."""
    home = folder / package
    sample = home / f"{script}.py"
    if not sample.is_file():
        raise HermesError("the template of this repo has no script of its own name to start from")
    imported = frozenset(re.findall(r"^(?:import|from) (\w+)", sample.read_text("utf-8"), re.MULTILINE))
    for data in home.iterdir():
        if data.is_file() and data.suffix != ".py":
            data.unlink()  # it belonged to the sample
    sample.write_text(conversion.text, encoding="utf-8")
    test = folder / "tests" / f"test_{script}.py"
    test.parent.mkdir(exist_ok=True)
    test.write_text(smoke_test_for(conversion, package=package, script=script), encoding="utf-8")
    _replace_settings(folder / PROJECT_FILE, imported, conversion)
    declare(folder / PROJECT_FILE, bound.requirements, None)
    if bound.test_requirements:
        declare(folder / PROJECT_FILE, bound.test_requirements, "test")


def _replace_settings(path: Path, imported: frozenset[str], conversion: Conversion) -> None:
    """Drop the requirements of what the sample imported, describe the project, and name its secrets."""
    import tomlkit

    with edit_toml(path) as document:
        table = document.get("project", {})
        if "description" in table:
            table["description"] = f"Adopted from {conversion.file}."
        array = table.get("dependencies")
        for index in reversed(range(len(array or ()))):
            if Requirement(array[index]).name.replace("-", "_") in imported:
                array.pop(index)
        if array is not None and not array:
            table["dependencies"] = tomlkit.array()
        name_secrets(document, conversion.secrets)
