"""Give the packages that an adopted script needs lower bounds: as installed, else the newest of the index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    unbound = [one for key, one in needed.requirements.items() if key not in own and not one.specifier]
    unbound += needed.test_requirements
    present: dict[str, str] = {
        canonicalize_name(name): version for name, version in installed.items() if _is_public(version)
    }
    asked = [one for one in unbound if canonicalize_name(one.name) not in present]
    missing: set[str] = set()
    found: dict[str, str] = {}
    problem = ""
    try:
        found, missing = _ask_index(asked, workspace)
    except HermesError as error:
        problem = f"the package index did not answer: {error.message}"
    versions = {**found, **present}
    return BoundRequirements(
        requirements=tuple(
            with_bound(one, versions)
            for key, one in sorted(needed.requirements.items())
            if key not in missing
        ),
        test_requirements=tuple(with_bound(one, versions) for one in needed.test_requirements),
        findings=tuple(_findings(needed, asked, missing, problem, workspace, project)),
    )


def _ask_index(requirements: Sequence[Requirement], workspace: Workspace) -> tuple[dict[str, str], set[str]]:
    """Return the newest versions by canonical name, and the names that the index does not have."""
    python, indexes = cluster_python(workspace.default_environment()), workspace.settings.indexes
    try:
        return dict(newest([str(one) for one in requirements], python=python, indexes=indexes)), set()
    except InvalidInput:
        pass  # one of them is missing
    found, missing = dict[str, str](), set[str]()
    for one in requirements:
        try:
            found |= newest([str(one)], python=python, indexes=indexes)
        except InvalidInput:
            missing.add(canonicalize_name(one.name))
    return found, missing


def _findings(
    needed: NeededPackages,
    asked: Sequence[Requirement],
    missing: set[str],
    problem: str,
    workspace: Workspace,
    project: str,
) -> Iterator[AdoptionFinding]:
    for one in asked:
        key = canonicalize_name(one.name)
        if key not in needed.places:
            continue
        if key in missing:
            python = cluster_python(workspace.default_environment())
            what = f"the package index has no {one.name} for Python {python}"
            todo = f"hermes add PACKAGE --project {project}"
            yield AdoptionFinding(place=needed.places[key], what=what, todo=todo)
        elif problem:
            what = f"{one.name} has no lower bound, because {problem}"
            todo = f"hermes add {one.name} --project {project}"
            yield AdoptionFinding(place=needed.places[key], what=what, todo=todo)


def _is_public(text: str) -> bool:
    """Tell whether a version can be on an index, as one with a local part cannot."""
    try:
        return not Version(text).local
    except InvalidVersion:
        return False
