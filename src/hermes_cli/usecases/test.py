"""hermes test: each project's own pytest, in its own environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from hermes_cli.adapters.python_environments import may_be_on_index
from hermes_cli.domain.contract.errors import ExitCode, HermesError
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import Project
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.building.known_requirements import known_requirements
from hermes_cli.usecases.building.source_checks import warn_of_hidden_edits
from hermes_cli.usecases.comparing.changed_projects import projects_to_test, released_everywhere
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.running.working_environments import working_environment

_FAILED, _UNREADABLE, _NO_TESTS_COLLECTED = 1, 2, 5
# What pytest's exit codes say, and where to look.
_REASONS = {
    _FAILED: ("a test failed", "the lines above that start with E say what was expected"),
    _UNREADABLE: (
        "pytest could not read its tests: an import or the syntax of one is wrong",
        "the lines above that start with E say why, below the name of the file",
    ),
}


class ProjectResult(StrEnum):
    """The result of a project's tests."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """One project's tests; `reason` says why they failed or were skipped."""

    __test__ = False  # not a test class of pytest's

    project: str
    verdict: ProjectResult
    reason: str | None = None
    hint: str | None = None
    exit_code: int = ExitCode.DONE


def test(
    workspace: Workspace,
    names: Sequence[str],
    *,
    changed: bool,
    quiet: bool,
    arguments: Sequence[str],
    notify: Listener,
) -> tuple[TestResult, ...]:
    """Test projects one after the other; a failure of one does not stop the others.

    `quiet` sends pytest's output to stderr, so that stdout is free for JSON; `arguments` go to
    pytest as they are.
    """
    projects: Sequence[Project] = workspace.select(names)
    if changed:
        projects = _changed(workspace, projects, notify)
    results = []
    for project in projects:
        try:
            results.append(_test_project(workspace, project, quiet, arguments, notify))
        except HermesError as error:
            results.append(
                TestResult(
                    project=project.name,
                    verdict=ProjectResult.FAILED,
                    reason=f"{error.message}\n{error.detail}" if error.detail else error.message,
                    hint=error.advice,
                    exit_code=error.exit_code,
                )
            )
    return tuple(results)


test.__test__ = False  # type: ignore[attr-defined]


def _changed(workspace: Workspace, projects: Sequence[Project], notify: Listener) -> tuple[Project, ...]:
    with known_requirements(workspace, notify) as known:
        return projects_to_test(
            workspace,
            projects,
            released_everywhere(workspace),
            requirements=known.of,
            on_index=partial(may_be_on_index, indexes=workspace.settings.indexes),
        )


def _test_project(
    workspace: Workspace, project: Project, quiet: bool, arguments: Sequence[str], notify: Listener
) -> TestResult:
    folder = workspace.root / project.folder
    if not (folder / "tests").is_dir():
        return TestResult(
            project=project.name,
            verdict=ProjectResult.SKIPPED,
            reason="it has no tests/",
            hint=_write_one(project),
        )
    warn_of_hidden_edits(workspace, with_siblings(project, workspace.projects), notify)
    environment, _ = working_environment(workspace, project, tests=True, notify=notify)
    notify(Event(subject=project.name, message="testing"))
    code = _run_pytest(environment.python, folder, quiet, arguments)
    if code == 0:
        return TestResult(project=project.name, verdict=ProjectResult.PASSED)
    if code == _NO_TESTS_COLLECTED:
        return TestResult(
            project=project.name,
            verdict=ProjectResult.FAILED,
            reason=f"pytest found no test with {shlex.join(arguments)}"
            if arguments
            else "its tests/ holds no test",
            hint=f"hermes test {project.name}" if arguments else _write_one(project),
            exit_code=ExitCode.PROJECT_FAILED,
        )
    reason, hint = _REASONS.get(code, (f"pytest ended with exit code {code}", "the lines above say why"))
    return TestResult(
        project=project.name,
        verdict=ProjectResult.FAILED,
        reason=reason,
        hint=hint,
        exit_code=ExitCode.PROJECT_FAILED,
    )


def _write_one(project: Project) -> str:
    return f"write {project.folder}/tests/test_{project.folder}.py with a function test_…"


def _run_pytest(python: Path, folder: Path, quiet: bool, arguments: Sequence[str]) -> int:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python), "-m", "pytest", *(arguments or ("tests",))]
    sys.stdout.flush()
    stdout = sys.stderr if quiet else None
    return subprocess.run(command, cwd=folder, env=environ, stdout=stdout, check=False).returncode
