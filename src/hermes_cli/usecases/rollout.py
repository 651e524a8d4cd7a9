"""Projects to environments: each project to one environment after the other, several projects at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from packaging.version import Version

from hermes_cli.domain.errors import HermesError, InvalidInput
from hermes_cli.domain.plan import Change, Receipt, Step
from hermes_cli.domain.project import Project, with_siblings

from . import publish
from .bundle import Bundle
from .drafts import draft
from .events import Event, Listener
from .parallel import at_once
from .planning import plan_step
from .targets import Target
from .workspace import Workspace

_WORKERS = 12
# Seconds in which what is being asked of a store may end after an interrupt. A deploy that ends at any
# request is completed by the next one.
_PATIENCE = 2.0


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was to be done for one project in one environment, and unless in a dry run what was."""

    step: Step
    receipt: Receipt | None


class Rollout:
    """One deploy to all its targets. Its results are in the order of targets, then of projects."""

    def __init__(
        self,
        workspace: Workspace,
        targets: Sequence[Target],
        *,
        bundle: Bundle | None,
        failures: Mapping[str, HermesError],
        unchanged: Mapping[str, str],
        dry_run: bool,
        notify: Listener,
    ) -> None:
        self._workspace = workspace
        self._targets = targets
        self._bundle = bundle
        self._failures = failures
        self._unchanged = unchanged
        self._dry_run = dry_run
        self._notify = notify
        self._failed: dict[str, int] = {}  # each project that failed, and at which target first
        self._checks = [threading.Lock() for _ in targets]
        self._checked: set[int] = set()

    def run(self, waves: Sequence[Sequence[Project]]) -> list[Done]:
        """Deploy; a failure of one project does not stop the others, but what needs it."""
        rows: list[list[Done]] = []
        for wave in waves:
            tasks = [partial(self._deploy, project) for project in wave]
            rows += at_once(tasks, workers=_WORKERS, patience=_PATIENCE)
        return [row[number] for number in range(len(self._targets)) for row in rows]

    def _deploy(self, project: Project) -> list[Done]:
        return [self._deploy_to(number, project) for number in range(len(self._targets))]

    def _deploy_to(self, number: int, project: Project) -> Done:
        target = self._targets[number]
        if project.name in self._unchanged:
            step, plan = self._unchanged_step(target, project), None
        else:
            step, plan = self._plan(number, project)
        receipt = None
        if not self._dry_run:
            if plan is not None and not step.exit_code:
                self._notify(Event(subject=project.name, message=f"deploying to {target.name}"))
            receipt = self._apply(number, step, plan)
        if step.exit_code or (receipt is not None and receipt.exit_code):
            self._failed.setdefault(project.name, number)
        return Done(step=step, receipt=receipt)

    def _plan(self, number: int, project: Project) -> tuple[Step, publish.Draft | None]:
        """What is to be done, or the reason why nothing can be."""
        target = self._targets[number]
        try:
            if project.name in self._failures:
                raise self._failures[project.name]
            if self._bundle is None:
                raise InvalidInput(f"{project.name} was not built")
            if project.name in self._failed:
                return _step(target, project, Change.SKIPPED, "it failed in the environment before"), None
            missing = [
                name
                for name in self._bundle.project(project.name).needs
                if self._failed.get(name, number + 1) <= number
            ]
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
