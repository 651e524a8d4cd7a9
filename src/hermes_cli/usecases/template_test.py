"""hermes template test: every repo that a template can make, made and tried out."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters import template
from hermes_cli.adapters.ci_linters import lint_ci
from hermes_cli.domain.contract.errors import ExitCode, HermesError, InvalidInput, exit_code_of
from hermes_cli.domain.contract.names import did_you_mean
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.health_checks import Check, CheckStatus, failed, ok, problem, skipped
from hermes_cli.usecases.new import new_repo
from hermes_cli.usecases.repo.workspace import Workspace, default_layers, open_workspace
from hermes_cli.usecases.templates.questions import is_trusted
from hermes_cli.usecases.templates.template_source import open_template

from .build import build
from .deploy import DeployRequest, deploy
from .test import test as run_tests

_REPO = "try_out"
_UNRENDERED = re.compile(r"\{[{%#][^}]*cookiecutter")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One combination of choices, and how what it makes fared."""

    choices: Mapping[str, str]
    checks: tuple[Check, ...]
    exit_code: int

    @property
    def passed(self) -> bool:
        """True where no check failed; a skipped check did not fail."""
        return self.exit_code == ExitCode.DONE


def combinations(questions: Sequence[template.Question], given: Mapping[str, str]) -> list[dict[str, str]]:
    """Every combination of the choices, of which `given` fixes some. Raises `InvalidInput`."""
    names = [question.name for question in questions]
    for name in given:
        if name not in names:
            raise InvalidInput(
                f"--set {name}: the template does not ask for it",
                hint=did_you_mean(name, names),
                note="it asks for: " + ", ".join(names),
            )
    open_ones = [question for question in questions if question.choices and question.name not in given]
    products = itertools.product(*(question.choices for question in open_ones))
    return [dict(zip([one.name for one in open_ones], values, strict=True)) for values in products]


def try_template(
    spec: str, given: Mapping[str, str], *, trusted: bool, environ: Mapping[str, str], notify: Listener
) -> Iterator[Trial]:
    """Make a repo for each combination of choices, and try it out; nothing of it stays.

    A failure of one does not stop the others. Raises `InvalidInput`, `Refused` where there is no
    template that can be asked.
    """
    trusted = is_trusted(spec, trusted, default_layers(environ))
    with open_template(spec) as source:
        questions = template.questions(source.path, {"repo": _REPO, **given}, trusted=trusted)
    for choices in combinations(questions, given):
        with tempfile.TemporaryDirectory(prefix="hermes-try-") as scratch:
            yield _trial(spec, {**given, **choices}, choices, Path(scratch), trusted, environ, notify)


def _trial(
    spec: str,
    answers: Mapping[str, str],
    choices: Mapping[str, str],
    into: Path,
    trusted: bool,
    environ: Mapping[str, str],
    notify: Listener,
) -> Trial:
    label = ", ".join(f"{key}={value}" for key, value in choices.items()) or "no choices"
    try:
        report = new_repo(
            _REPO,
            spec,
            answers,
            into,
            trusted=trusted,
            notify=lambda event: notify(Event(subject=label, message=event.message)),
        )
        workspace = open_workspace(report.path, environ)
        projects = workspace.select(())
    except HermesError as error:
        return Trial(choices=choices, checks=(failed("render", error),), exit_code=ExitCode.FINDINGS)
    checks = [
        ok("render", f"{len(report.files)} files, {len(projects)} projects"),
        _rendered(report.path, report.files),
        *lint_ci(report.path, report.files),
    ]
    codes = [ExitCode.FINDINGS if check.verdict is CheckStatus.PROBLEM else ExitCode.DONE for check in checks]
    built = _guarded("build", _build, workspace, notify)
    deployed = (
        skipped("deploy", "there is no build to deploy")
        if built.verdict is CheckStatus.PROBLEM
        else _guarded("deploy", _deploy, workspace, notify)
    )
    tried = (built, deployed, _guarded("tests", _tests, workspace, notify))
    checks += tried
    codes += [ExitCode.PROJECT_FAILED for check in tried if check.verdict is CheckStatus.PROBLEM]
    worst = ExitCode.PROJECT_FAILED if ExitCode.PROJECT_FAILED in codes else exit_code_of(codes)
    return Trial(choices=choices, checks=tuple(checks), exit_code=worst)


def _rendered(root: Path, files: Sequence[str]) -> Check:
    for file in files:
        if _UNRENDERED.search(file):
            return problem("unrendered", f"the path {file}", None)
        lines = (root / file).read_bytes().decode("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if _UNRENDERED.search(line):
                return problem("unrendered", f"{file}:{number}: {line.strip()}", None)
    return ok("unrendered", "nothing")


def _guarded(
    name: str, work: Callable[[Workspace, Listener], Check], workspace: Workspace, notify: Listener
) -> Check:
    try:
        return work(workspace, notify)
    except HermesError as error:
        return failed(name, error)


def _tests(workspace: Workspace, notify: Listener) -> Check:
    results = run_tests(workspace, (), changed=False, quiet=True, arguments=(), notify=notify)
    for result in results:
        if result.exit_code:
            return problem("tests", f"{result.project}: {result.reason}", result.hint)
    passed = [result for result in results if result.reason is None]
    if not passed:
        return skipped("tests", "no project has any")
    return ok("tests", ", ".join(result.project for result in passed))


def _build(workspace: Workspace, notify: Listener) -> Check:
    report = build(workspace, workspace.select(()), _dist(workspace), notify=notify)
    for name, error in report.failures.items():
        return failed("build", HermesError(f"{name}: {error.message}", hint=error.hint))
    return ok("build", ", ".join(f"{one.project} {one.version}" for one in report.record.projects))


def _dist(workspace: Workspace) -> Path:
    return workspace.root.parent / "dist"  # beside the repo, which stays clean


def _deploy(workspace: Workspace, notify: Listener) -> Check:
    request = DeployRequest(environments=("local",), bundle=_dist(workspace), dry_run=True)
    report = deploy(workspace, request, notify=notify)
    for step in report.steps:
        if step.exit_code:
            return problem("deploy", f"{step.project}: {step.reason}", step.hint)
    return ok("deploy", ", ".join(f"{step.project}@{step.suffix}" for step in report.steps))
