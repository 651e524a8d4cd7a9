"""Projects to environments: each project to one environment after the other, several projects at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from packaging.version import Version

from hermes_cli.adapters.threads import at_once
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.deploy_plan import Change, Receipt, Step
from hermes_cli.domain.events import Listener, Stage
from hermes_cli.domain.project import Project, with_siblings
from hermes_cli.usecases.building.bundle import Bundle
from hermes_cli.usecases.repo.workspace import Workspace

from . import publish
from .drafts import draft
from .planning import plan_step
from .targets import Target

_WORKERS = 16  # and as many connections
# Seconds in which what is being asked of a store may end after an interrupt. A deploy that ends at any
# request is completed by the next one.
_PATIENCE = 2.0


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was to be done for one project in one environment, and unless in a dry run what was."""

    step: Step
    receipt: Receipt | None


class Rollout:
    """One deploy to all its targets. Its results are in the order of targets, then of projects, libraries first."""

    def __init__(
        self,
        workspace: Workspace,
        targets: Sequence[Target],
        *,
        bundle: Bundle | None,
        unchanged: Mapping[str, str],
        dry_run: bool,
        notify: Listener,
    ) -> None:
        self._workspace = workspace
        self._targets = targets
        self._bundle = bundle
        self._unchanged = unchanged
        self._dry_run = dry_run
        self._notify = notify
        self._stages: tuple[Stage, ...] = ()
        self._failed: dict[str, int] = {}  # each project that failed, and at which target first
        self._projects: Mapping[str, Project] = {}
        self._rows: dict[str, list[Done]] = {}
        self._guards: dict[str, threading.Lock] = {}
        self._checks = [threading.Lock() for _ in targets]
        self._checked: set[int] = set()

    def run(self, projects: Sequence[Project], *, stop: Callable[[], None]) -> list[Done]:
        """Deploy; a failure of one project does not stop the others, but what needs it.

        What a project is to become is built while others are uploaded; `stop` ends that.
        """
        self._projects = {project.name: project for project in projects}
        self._guards = {project.name: threading.Lock() for project in projects}
        work = sum(self._has_work(project) for project in projects)
        doing = "planning for" if self._dry_run else "deploying to"
        self._stages = tuple(Stage(name=f"{doing} {target.name}", total=work) for target in self._targets)
        tasks = [partial(self._deploy, project) for project in projects]
        at_once(tasks, workers=_WORKERS, stop=stop, patience=_PATIENCE)
        # What a project needs includes what these need, so it always needs more than they do.
        order = sorted(projects, key=lambda project: len(self._needed(project)))
        rows = [self._rows[project.name] for project in order]
        return [row[number] for number in range(len(self._targets)) for row in rows]

    def _deploy(self, project: Project) -> list[Done]:
        """A library of the repo comes before what needs it, by whoever is there first."""
        with self._guards[project.name]:
            if project.name not in self._rows:
                for library in self._needed(project):
                    self._deploy(library)
                self._rows[project.name] = [
                    self._deploy_to(number, project) for number in range(len(self._targets))
                ]
            return self._rows[project.name]

    def _needed(self, project: Project) -> list[Project]:
        if self._bundle is None or project.name in self._unchanged:
            return []
        try:
            needs = self._bundle.project(project.name).needs
        except HermesError:
            return []  # it is told when it would be deployed
        return [self._projects[name] for name in needs if name in self._projects]

    def _has_work(self, project: Project) -> bool:
        """Whether its environments are to be asked."""
        return project.name not in self._unchanged

    def _deploy_to(self, number: int, project: Project) -> Done:
        stage = self._stages[number]
        if self._has_work(project):
            self._notify(stage.begun(project.name))
        done = self._do(number, project)
        failed = bool(done.step.exit_code or (done.receipt and done.receipt.exit_code))
        if failed:
            self._failed.setdefault(project.name, number)
        if self._has_work(project):
            self._notify(stage.ended(project.name, failed=failed))
        return done

    def _do(self, number: int, project: Project) -> Done:
        if project.name in self._unchanged:
            step, plan = self._unchanged_step(self._targets[number], project), None
        else:
            step, plan = self._plan(number, project)
        return Done(step=step, receipt=None if self._dry_run else self._apply(number, step, plan))

    def _plan(self, number: int, project: Project) -> tuple[Step, publish.Draft | None]:
        """What is to be done, or the reason why nothing can be."""
        target = self._targets[number]
        try:
            if self._bundle is None:
                raise InvalidInput(f"{project.name} was not built")
            built = self._bundle.project(project.name)
            if project.name in self._failed:
                return _step(target, project, Change.SKIPPED, "it failed in the environment before"), None
            missing = [name for name in built.needs if self._failed.get(name, number + 1) <= number]
            if missing:
                return _step(target, project, Change.SKIPPED, f"it needs {missing[0]}, which failed"), None
            plan = draft(self._workspace, target, self._bundle, project)
            return plan_step(target.store, target.name, plan, target.verdict), plan
        except HermesError as error:
            reason = f"{error.message}\n{error.detail}" if error.detail else error.message
            step = _step(target, project, Change.FAILED, reason, hint=error.hint, exit_code=error.exit_code)
            return step, None

    def _unchanged_step(self, target: Target, project: Project) -> Step:
        reason = "released, and not changed since"
        libraries = with_siblings(project, self._workspace.projects)[:-1]
        newer = [library.name for library in libraries if library.name not in self._unchanged]
        if newer:
            take_up = f"to take up the change: hermes bump {project.name}"
            reason = f"released; it keeps {newer[0]} as it was; {take_up}"
        return _step(target, project, Change.NOTHING, reason, version=self._unchanged[project.name])

    def _apply(self, number: int, step: Step, plan: publish.Draft | None) -> Receipt:
        """Do what a step says. What was read for the plan is not relied on: every write is conditional."""
        target = self._targets[number]
        feature = target.verdict.feature
        if plan is None or step.exit_code or (step.change is Change.NOTHING and feature is None):
            return _receipt(step)
        store = target.store
        try:
            if target.environment.path:
                self._workspace.private_folder()
            if any(planned.key == plan.layout.owner for planned in step.objects):
                publish.claim(store, plan.layout, self._workspace.settings.repo_id, plan.manifest.created)
            self._check(number, plan)
            if feature is not None:
                outcome = publish.publish_feature(store, plan, feature)
            else:
                outcome = publish.publish_release(
                    store, plan, Version(plan.manifest.version), planned=step.change is Change.RELEASE
                )
        except HermesError as error:
            return _receipt(
                step, change=Change.FAILED, reason=error.message, hint=error.hint, exit_code=error.exit_code
            )
        return _receipt(
            step,
            latest=outcome.latest,
            url=f"{store.url.rstrip('/')}/{plan.layout.manifest(plan.suffix)}",
            written=tuple(planned.key for planned in step.objects),
        )

    def _check(self, number: int, plan: publish.Draft) -> None:
        """Once for each target: that its store honours conditions, before any other write of this run."""
        with self._checks[number]:
            if number not in self._checked:
                self._targets[number].store.check_conditions(plan.layout.owner)
                self._checked.add(number)


def _step(
    target: Target,
    project: Project,
    change: Change,
    reason: str,
    *,
    version: str | None = None,
    hint: str | None = None,
    exit_code: int = 0,
) -> Step:
    version = version or str(project.version or "")
    return Step(
        environment=target.name,
        project=project.name,
        suffix=str(target.verdict.feature or version),
        version=version,
        change=change,
        reason=reason,
        hint=hint,
        exit_code=exit_code,
    )


def _receipt(
    step: Step,
    *,
    change: Change | None = None,
    reason: str | None = None,
    hint: str | None = None,
    exit_code: int | None = None,
    latest: str | None = None,
    url: str | None = None,
    written: tuple[str, ...] = (),
) -> Receipt:
    return Receipt(
        environment=step.environment,
        project=step.project,
        suffix=step.suffix,
        version=step.version,
        change=change or step.change,
        reason=reason or step.reason,
        hint=hint or step.hint,
        exit_code=step.exit_code if exit_code is None else exit_code,
        latest=latest,
        url=url,
        written=written,
    )
