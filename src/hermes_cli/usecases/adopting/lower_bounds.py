"""Give the packages that an adopted script needs lower bounds: as installed, else the newest of the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hermes_cli.adapters.python_environments import newest
from hermes_cli.adoption import AdoptionFinding, NeededPackages
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.usecases.repo.pyproject_edits import with_bound
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python


@dataclass(frozen=True, kw_only=True)
class BoundRequirements:
    """Requirements to declare, and those for tests alone, with lower bounds."""

    requirements: tuple[str, ...]
    test_requirements: tuple[str, ...]
    findings: tuple[AdoptionFinding, ...]


def bound_requirements(
    needed: NeededPackages, workspace: Workspace, project: str, *, installed: Mapping[str, str]
) -> BoundRequirements:
    """Bound the requirements of a project; `installed` are the versions in the user's environment.

    A package that the index does not have is left out, and one of the repo is not bounded.
    """
    own = {canonicalize_name(one.distribution) for one in workspace.projects if one.name != project}
    unbound = {key: one for key, one in needed.requirements.items() if key not in own and not one.specifier}
    unbound |= {canonicalize_name(one.name): one for one in needed.test_requirements}
    versions: dict[str, str] = {}
    for distribution, version in installed.items():
        if canonicalize_name(distribution) in unbound and _is_public(version):
            versions[canonicalize_name(distribution)] = version
    asked = {key: one for key, one in unbound.items() if key not in versions}
    python, missing, problem = cluster_python(workspace.default_environment()), set[str](), ""
    try:
        found, missing = _ask_index(asked, python, workspace.settings.indexes)
        versions |= {key: found[key] for key in asked.keys() & found}
    except HermesError as error:
        problem = f"the package index did not answer: {error.message}"
    findings = []
    for key, one in asked.items():
        if key in needed.places and (key in missing or problem):
            what = f"the package index has no {one.name} for Python {python}"
            findings.append(
                AdoptionFinding(
                    place=needed.places[key],
                    what=f"{one.name} has no lower bound, because {problem}" if problem else what,
                    todo=f"hermes add {one.name if problem else 'PACKAGE'} --project {project}",
                )
            )
    kept = sorted(needed.requirements.keys() - missing)
    return BoundRequirements(
        requirements=tuple(with_bound(needed.requirements[key], versions) for key in kept),
        test_requirements=tuple(with_bound(one, versions) for one in needed.test_requirements),
        findings=tuple(findings),
    )


def _ask_index(
    requirements: Mapping[str, Requirement], python: str, indexes: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """Return the newest versions by canonical name, and the names that the index does not have."""
    try:
        return newest([str(one) for one in requirements.values()], python=python, indexes=indexes), set()
    except InvalidInput:
        pass  # one of them is missing
    found, missing = dict[str, str](), set[str]()
    for key, one in requirements.items():
        try:
            found |= newest([str(one)], python=python, indexes=indexes)
        except InvalidInput:
            missing.add(key)
    return found, missing


def _is_public(text: str) -> bool:
    """Tell whether a version can be on an index, as one with a local part cannot."""
    try:
        return not Version(text).local
    except InvalidVersion:
        return False
