"""What an adopted script needs: its imports and installs as requirements with bounds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hermes_cli.adapters.python_environments import newest
from hermes_cli.adoption.convert import Conversion
from hermes_cli.adoption.distributions import CLUSTER, distribution_of, is_standard
from hermes_cli.adoption.installed_packages import Installed
from hermes_cli.adoption.values import AdoptionFinding, Import, SourcePlace
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.names import module_name
from hermes_cli.usecases.repo.pyproject_edits import with_bound
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Requirements to declare; those of tests alone are what a cluster brings itself."""

    requirements: tuple[str, ...]
    test_requirements: tuple[str, ...]
    findings: tuple[AdoptionFinding, ...]


def find_needs(
    conversion: Conversion, workspace: Workspace, have: Installed, project: str, local: Collection[str]
) -> Needs:
    """Match imports to distributions: of the user's environment first, then of those well known.

    Nothing is guessed: another's package may have the name of a module of one's own.
    """
    findings: list[AdoptionFinding] = []
    wanted: dict[str, Requirement] = {}
    places: dict[str, SourcePlace] = {}
    for text, place in conversion.requirements:
        requirement = Requirement(text)
        wanted.setdefault(canonicalize_name(requirement.name), requirement)
        places.setdefault(canonicalize_name(requirement.name), place)
    siblings = {module_name(one.name): one.distribution for one in workspace.projects if one.name != project}
    seen: set[str] = set()
    cluster = [one for one in conversion.imports if one.top in CLUSTER]
    for one in conversion.imports:
        if is_standard(one.module) or one.top == module_name(project) or one in cluster:
            continue
        if one.top in local and one.top not in siblings:
            if one.top not in seen:
                findings.append(_of_a_module_beside(one, project))
        elif name := siblings.get(one.top) or _distribution(one, have):
            wanted.setdefault(canonicalize_name(name), Requirement(name))
            places.setdefault(canonicalize_name(name), one.place)
        elif one.top not in seen and not _brought_by(one, wanted):
            findings.append(_of_an_unknown(one, project))
        seen.add(one.top)
    for key in ("pyspark", "databricks-connect"):
        if wanted.pop(key, None) is not None:
            places.pop(key)
    own = {canonicalize_name(name) for name in siblings.values()}
    tests = [Requirement("pyspark")] if any(one.top == "pyspark" for one in cluster) else []
    unbound = [r for key, r in wanted.items() if key not in own and not r.specifier] + tests
    versions = _versions(unbound, workspace, have, findings, places, project)
    bounded = {key: with_bound(requirement, versions) for key, requirement in wanted.items()}
    return Needs(
        requirements=tuple(bounded[key] for key in sorted(bounded) if key not in versions.missing),
        test_requirements=tuple(with_bound(one, versions) for one in tests),
        findings=tuple(findings),
    )


def _distribution(one: Import, have: Installed) -> str | None:
    brought = have.modules.get(one.top, ())
    known = distribution_of(one.module)
    if len(brought) == 1:
        return brought[0]
    same = [name for name in brought if canonicalize_name(name) == canonicalize_name(one.top)]
    return known or (same[0] if same else None)


def _brought_by(one: Import, wanted: Collection[str]) -> bool:
    """Whether an install of the notebook names it: a distribution of its name, or of its dotted name."""
    names = {canonicalize_name(one.top), canonicalize_name(one.module)}
    return any(key in names or key.removeprefix("python-") in names for key in wanted)


def _of_a_module_beside(one: Import, project: str) -> AdoptionFinding:
    return AdoptionFinding(
        place=one.place,
        what=f"{one.top} is a module beside the file",
        todo=f"copy it into the package, and import it from there: from {module_name(project)} import {one.top}",
    )


def _of_an_unknown(one: Import, project: str) -> AdoptionFinding:
    return AdoptionFinding(
        place=one.place,
        what=f"it is not known which package brings the module {one.top}",
        todo=f"hermes add PACKAGE --project {project}",
    )


class _Versions(dict[str, str]):
    """Versions by canonical name; `missing` are packages that no index has."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: set[str] = set()


def _versions(
    unbound: list[Requirement],
    workspace: Workspace,
    have: Installed,
    findings: list[AdoptionFinding],
    places: dict[str, SourcePlace],
    project: str,
) -> _Versions:
    """What the user has of each; else the newest that the index offers."""
    versions = _Versions()
    own = {canonicalize_name(name): version for name, version in have.versions.items()}
    for requirement in unbound:
        key = canonicalize_name(requirement.name)
        if key in own and _is_version(own[key]):
            versions[key] = own[key]
    rest = [one for one in unbound if canonicalize_name(one.name) not in versions]
    python = cluster_python(workspace.default_environment())
    indexes = workspace.settings.indexes
    try:
        try:
            versions.update(newest([str(one) for one in rest], python=python, indexes=indexes))
        except InvalidInput:
            for one in rest:
                try:
                    versions.update(newest([str(one)], python=python, indexes=indexes))
                except InvalidInput:
                    key = canonicalize_name(one.name)
                    versions.missing.add(key)
                    what = f"the package index has no {one.name} for Python {python}"
                    todo = f"hermes add PACKAGE --project {project}"
                    if key in places:
                        findings.append(AdoptionFinding(place=places[key], what=what, todo=todo))
    except HermesError as error:
        for one in rest:
            key = canonicalize_name(one.name)
            if key in places:
                what = f"{one.name} has no lower bound, because the package index did not answer: {error.message}"
                findings.append(
                    AdoptionFinding(
                        place=places[key], what=what, todo=f"hermes add {one.name} --project {project}"
                    )
                )
    return versions


def _is_version(text: str) -> bool:
    try:
        return not Version(text).local
    except InvalidVersion:
        return False
