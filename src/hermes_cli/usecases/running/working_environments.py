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
from hermes_cli.domain.project import PROJECT_FILE, Project, with_siblings
from hermes_cli.usecases.repo.workspace import Workspace

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

    Their edits show at once; it is made anew when what they say of themselves changes.
    """
    members = with_siblings(project, workspace.projects)
    folders = [workspace.root / member.folder for member in members]
    groups, requirements = [], []
    if tests:
        requirements.append("pytest")
        if project.test_group:
            groups.append(f"{folders[-1] / PROJECT_FILE}:{project.test_group}")
        elif project.test_extra:
            requirements.append(f"{project.distribution}[{project.test_extra}]")
    others = [one for one in workspace.projects if one not in members]
    # What a project needs is not known before its build where it is dynamic; then any may matter.
    known = all(member.dependencies is not None for member in members)
    read = members if known else (*members, *others)
    recipe = Recipe(
        requirements=tuple(requirements),
        editable=tuple(folders),
        groups=tuple(groups),
        inputs=tuple(_settings_of(workspace.root / one.folder) for one in read),
        overrides=tuple(workspace.root / one.folder for one in others),
    )
    python = workspace.default_environment().python
    interpreter = interpreter_for(python, project.name, notify)
    notify(Event(subject=project.name, message="preparing its environment"))
    environments = PythonEnvironments(cache_root() / "working", indexes=workspace.settings.indexes)
    return environments.ensure(recipe, interpreter), interpreter


def _settings_of(folder: Path) -> str:
    # Dependencies may stand in any of them: setup.cfg, requirements.txt and so on.
    files = sorted(path for path in folder.iterdir() if path.suffix in _SETTINGS or path.name == "setup.py")
    return "\n".join(path.read_text("utf-8", "replace") for path in files if path.is_file())
