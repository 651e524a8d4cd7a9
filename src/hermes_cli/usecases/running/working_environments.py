"""Prepare the Python environments in which a work tree's tests and scripts run."""

from __future__ import annotations

from pathlib import Path

from hermes_cli.adapters.cache import cache_root
from hermes_cli.adapters.python_environments import (
    Interpreter,
    PythonEnvironment,
    PythonEnvironments,
    Recipe,
    find_python,
)
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.python_versions import check_support
from hermes_cli.domain.siblings import MarkerFacts, with_siblings
from hermes_cli.usecases.building.known_requirements import known_requirements
from hermes_cli.usecases.repo.own_names import own_names
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python

_SETTINGS = (".toml", ".cfg", ".txt", ".in")


def interpreter_for(python: str | None, subject: str, notify: Listener) -> Interpreter:
    """Find the cluster's Python, or use this one with a warning."""
    interpreter = find_python(python)
    if not interpreter.fits:
        message = f"Python {python}, the cluster's, is not here: using {interpreter.version}"
        notify(Event(subject=subject, message=message, warning=True))
    return interpreter


def working_environment(
    workspace: Workspace, project: Project, *, tests: bool, notify: Listener
) -> tuple[PythonEnvironment, Interpreter]:
    """Prepare an environment with the project and its siblings, editable, as they are in the work tree.

    Their edits show at once; it is made anew when what they say of themselves changes. Raises `ProjectFailed`
    where one of them, or a package of an index, needs one of the names that are this repo's own.
    """
    names = own_names(workspace)
    cluster = workspace.default_environment()
    interpreter = interpreter_for(cluster.python, project.name, notify)
    with known_requirements(workspace, notify) as known:
        members = with_siblings(
            project,
            workspace.projects,
            requirements=known.of,
            further=project.test_requirements if tests else (),
            facts=_facts(interpreter),
            own_names=names,
        )
        for member in members:
            python = cluster_python(cluster)
            check_support(member.name, known.python_of(member), python, needed_by=project.name)
        built = [known.of(member) for member in members if member.requires is None]
    folders = [workspace.root / member.folder for member in members]
    groups, requirements = [], []
    if tests:
        requirements.append("pytest")
        if project.test_group:
            groups.append(f"{folders[-1] / PROJECT_FILE}:{project.test_group}")
        elif project.test_extra:
            requirements.append(f"{project.distribution}[{project.test_extra}]")
    recipe = Recipe(
        requirements=tuple(requirements),
        editable=tuple(folders),
        groups=tuple(groups),
        inputs=(*(_settings_of(folder) for folder in folders), *(text for one in built for text in one)),
        own_names=names,
    )
    notify(Event(subject=project.name, message="preparing its environment"))
    environments = PythonEnvironments(cache_root() / "working", indexes=workspace.settings.indexes)
    return environments.ensure(recipe, interpreter), interpreter


def _facts(interpreter: Interpreter) -> MarkerFacts:
    from packaging.markers import default_environment

    here: dict[str, str] = {name: str(value) for name, value in default_environment().items()}
    if interpreter.version == here["python_version"]:
        return here
    version = interpreter.version
    return {**here, "python_version": version, "python_full_version": f"{version}.0"}


def _settings_of(folder: Path) -> str:
    # Dependencies may stand in any of them: setup.cfg, requirements.txt and so on.
    files = sorted(path for path in folder.iterdir() if path.suffix in _SETTINGS or path.name == "setup.py")
    return "\n".join(path.read_text("utf-8", "replace") for path in files if path.is_file())
