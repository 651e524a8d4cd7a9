"""Check one project by reading it alone: its dependencies, its Python version, its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli.adapters.git import LargeFileMissing
from hermes_cli.adapters.wheels import locate_secret
from hermes_cli.domain.check_rules import ADOPTION_MARK, Finding, finding, finding_of
from hermes_cli.domain.index_namesakes import namesake
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.python_versions import supports
from hermes_cli.domain.toml_text import line_of
from hermes_cli.usecases.building.source_checks import link_errors, submodule_errors
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python

from .script_checks import check_scripts

# Where one of these was found, a build fails for it, and need not say so again.
REFUSED_BY_BUILDS = frozenset(
    {"large-file", "submodule", "link-outside", "secret", "script-syntax", "script-import"}
)
_FLOORS = frozenset({">=", ">", "~=", "==", "==="})


def check_project(workspace: Workspace, project: Project, own_names: frozenset[str]) -> Iterator[Finding]:
    """Find what would break a build or a run on the cluster, and risky dependencies.

    None of `own_names`, those of the repo's projects, may come from an index.
    """
    text = workspace.project_text(project.folder)
    yield from _pythons(workspace, project, text)
    yield from _dependencies(workspace, project, text, own_names)
    yield from _unbuildable(workspace, project)
    files, missing = _contents(workspace, project)
    yield from missing
    found = tuple(secrets(files.items(), project))
    yield from found
    yield from check_scripts(workspace, project, {(one.file, one.line) for one in found})
    yield from _left_by_adoption(project, files)


def _pythons(workspace: Workspace, project: Project, text: str) -> Iterator[Finding]:
    pythons: dict[str, str] = {}
    for environment in workspace.settings.environments:
        pythons.setdefault(cluster_python(environment), environment.name)
    for python, environment_name in pythons.items():
        if not supports(project.requires_python, python):
            yield finding(
                "python-unsupported",
                f"{project.name} requires Python {project.requires_python}, "
                f"and the cluster of {environment_name} has {python}",
                f"change requires-python, or python in [environments.{environment_name}] of hermes.toml",
                project=project.name,
                file=f"{project.folder}/{PROJECT_FILE}",
                line=line_of(text, "project", "requires-python"),
            )


def _dependencies(
    workspace: Workspace, project: Project, text: str, own_names: frozenset[str]
) -> Iterator[Finding]:
    siblings: dict[str, Project | None] = {canonicalize_name(one): None for one in workspace.left_out}
    siblings |= {canonicalize_name(one.distribution): one for one in workspace.projects}
    gone = own_names - siblings.keys()
    for written in project.dependencies or ():
        requirement = Requirement(written)
        name = canonicalize_name(requirement.name)
        if name in siblings:
            found = _of_sibling(project, siblings[name])
        else:
            found = _of_gone(project, name) if name in gone else _of_package(requirement)
        if found is not None:
            rule, message, fix = found
            line, column = place_of_dependency(text, written)
            yield finding(
                rule,
                message,
                fix,
                project=project.name,
                file=f"{project.folder}/{PROJECT_FILE}",
                line=line,
                column=column,
            )


def _of_sibling(project: Project, sibling: Project | None) -> tuple[str, str, str | None] | None:
    if sibling is None or sibling.library:
        return None
    return (
        "library-off",
        f"{project.name} needs {sibling.name}, which has library = false",
        f"set library = true in {sibling.folder}/{PROJECT_FILE}",
    )


def _of_gone(project: Project, name: str) -> tuple[str, str, str | None]:
    error = namesake(name, project.name)
    return "dependency-gone", error.message, error.hint


def _of_package(requirement: Requirement) -> tuple[str, str, str | None] | None:
    """Check how a dependency is declared; a library of the repo needs no version, as it is built along."""
    name = requirement.name
    if requirement.url:
        return (
            "dependency-url",
            f"{name} comes from a URL, a folder or a repository, and cannot be locked",
            f"publish it to a package index ([indexes] in hermes.toml), and require it by version: {name}>=…",
        )
    operators = {one.operator for one in requirement.specifier}
    if not operators & _FLOORS:
        return (
            "dependency-unbounded",
            f"{name} has no lower bound, so that an old version without what the script needs would do as well",
            f"hermes add {name}",
        )
    exact = [one for one in requirement.specifier if one.operator in ("==", "===") and "*" not in one.version]
    if exact:
        return (
            "dependency-exact",
            f"{name} is pinned to {exact[0].version}: it gets no security fixes until somebody edits this, "
            "and each release locks exact versions anyway",
            f"{name}>={exact[0].version}",
        )
    return None


def place_of_dependency(text: str, written: str) -> tuple[int | None, int | None]:
    """Find the line and column of a requirement in a pyproject.toml."""
    start = line_of(text, "project", "dependencies")
    for number, line in enumerate(text.splitlines(), 1):
        quoted = re.search(rf"""["']{re.escape(written)}["']""", line)
        if start is not None and number >= start and quoted:
            return number, quoted.start() + 2
    return start, None


def _unbuildable(workspace: Workspace, project: Project) -> Iterator[Finding]:
    for rule, errors in (
        ("submodule", submodule_errors(workspace, project)),
        ("link-outside", link_errors(workspace, project)),
    ):
        for path, error in errors:
            yield finding(rule, error.message, error.hint, project=project.name, file=path)


def _contents(workspace: Workspace, project: Project) -> tuple[Mapping[str, bytes], list[Finding]]:
    """Read a project's files, links left out, and find those that only git LFS has."""
    source = workspace.source
    paths = [f"{project.folder}/{name}" for name in workspace.files[project.folder]]
    files = [path for path in paths if source.kind(path) != "l"]
    try:
        return source.read(files), []
    except LargeFileMissing as error:
        found = [
            finding_of("large-file", LargeFileMissing.of([path]), project=project.name, file=path)
            for path in error.paths
        ]
        return source.read([path for path in files if path not in error.paths]), found


def secrets(files: Iterable[tuple[str, bytes]], project: Project | None = None) -> Iterator[Finding]:
    """Find the files that are a secret or hold one, by their paths from the root of the repo."""
    for file, data in files:
        secret = locate_secret(file, data)
        if secret:
            yield finding(
                "secret",
                f"{file} {'holds' if secret.line else 'is'} {secret.kind}",
                "take it out, and change that secret: it may be in git's history",
                project=project.name if project else None,
                file=file,
                line=secret.line,
            )


def _left_by_adoption(project: Project, files: Mapping[str, bytes]) -> Iterator[Finding]:
    for file, data in files.items():
        if not file.endswith(".py"):
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if ADOPTION_MARK in line:
                left = line.partition(ADOPTION_MARK)[2].strip(": ")
                yield finding(
                    "adoption-unfinished",
                    f"left to do since it was adopted: {left}",
                    "do it, and take the comment away",
                    project=project.name,
                    file=file,
                    line=number,
                )
