"""Find the packages that an adopted script needs: by its imports, and by what it installs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli.domain.contract.names import module_name
from hermes_cli.script_analysis.known_packages import package_of
from hermes_cli.script_analysis.module_origins import ModuleOrigin, origin_of

from .findings import AdoptionFinding
from .imports import Import
from .joined_cells import JoinedCells
from .local_files import sure_uses
from .notebook import SourcePlace

_OPENS_BUCKETS = "fsspec[s3]"  # pandas needs it too, where it is given s3://…
_NEED_NOTHING = (ModuleOrigin.STANDARD, ModuleOrigin.CLUSTER, ModuleOrigin.OWN)
_ON_CLUSTER = ("pyspark", "databricks-connect")  # packages whose modules a cluster provides


@dataclass(frozen=True, kw_only=True)
class NeededPackages:
    """Requirements by canonical name, as far as the file bounds them, and the places that need them.

    `test_requirements` are for tests alone: a cluster provides these itself.
    """

    requirements: Mapping[str, Requirement]
    places: Mapping[str, SourcePlace]
    test_requirements: tuple[Requirement, ...]
    findings: tuple[AdoptionFinding, ...]


def find_needed_packages(
    joined: JoinedCells,
    project: str,
    *,
    installed: Mapping[str, Sequence[str]],
    siblings: Mapping[str, str],
) -> NeededPackages:
    """Find the package of each import in the user's environment, else among those that are well known.

    `installed` are packages by the module that they provide, `siblings` those of the repo's other projects.
    Nothing is guessed: a stranger's package may have the name of a module of one's own.
    """
    requirements: dict[str, Requirement] = {}
    places: dict[str, SourcePlace] = {}

    def need(requirement: Requirement, place: SourcePlace) -> None:
        known = requirements.setdefault(canonicalize_name(requirement.name), requirement)
        known.extras |= requirement.extras
        places.setdefault(canonicalize_name(requirement.name), place)

    for text, place in joined.installs:
        need(Requirement(text), place)
    for use in sure_uses(ast.parse(joined.source.text)):
        need(Requirement(_OPENS_BUCKETS), joined.source.place(use.path.lineno))
    package = module_name(project)
    findings: list[AdoptionFinding] = []
    seen: set[str] = set()
    for one in joined.imports:
        origin = origin_of(one.module, package=package, siblings=siblings, neighbors=joined.neighbors)
        if origin in _NEED_NOTHING:
            continue
        if origin is ModuleOrigin.NEIGHBOR:
            findings += [] if one.top in seen else [_neighbor(one, package)]
        elif name := siblings.get(one.top) or _package(one, installed.get(one.top, ())):
            need(Requirement(name), one.place)
        elif one.top not in seen and not _is_installed_by_it(one, requirements):
            findings.append(_unknown(one, project))
        seen.add(one.top)
    uses_spark = any(one.top == "pyspark" for one in joined.imports)
    return NeededPackages(
        requirements={key: one for key, one in requirements.items() if key not in _ON_CLUSTER},
        places={key: place for key, place in places.items() if key not in _ON_CLUSTER},
        test_requirements=(Requirement("pyspark"),) if uses_spark else (),
        findings=tuple(findings),
    )


def _package(one: Import, installed: Sequence[str]) -> str | None:
    if len(installed) == 1:
        return installed[0]
    same = (name for name in installed if canonicalize_name(name) == canonicalize_name(one.top))
    return package_of(one.module) or next(same, None)


def _is_installed_by_it(one: Import, requirements: Collection[str]) -> bool:
    """Tell whether the file installs a package with the name of a module, or with its dotted name."""
    names = {canonicalize_name(one.top), canonicalize_name(one.module)}
    return any(key in names or key.removeprefix("python-") in names for key in requirements)


def _neighbor(one: Import, package: str) -> AdoptionFinding:
    return AdoptionFinding(
        place=one.place,
        what=f"{one.top} is a module beside the file",
        todo=f"copy it into the package, and import it from there: from {package} import {one.top}",
    )


def _unknown(one: Import, project: str) -> AdoptionFinding:
    return AdoptionFinding(
        place=one.place,
        what=f"it is not known which package provides the module {one.top}",
        todo=f"hermes add PACKAGE --project {project}",
    )
