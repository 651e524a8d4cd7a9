"""Deploy several projects at once, each to one environment after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from hermes_cli.adapters.threads import run_at_once
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.deploy_plan import Change, Receipt, Step
from hermes_cli.domain.events import Listener, Stage
from hermes_cli.domain.project import Project
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.building.bundle import Bundle
from hermes_cli.usecases.repo.workspace import Workspace

from .drafts import Draft, RestampedLibrary, library_of, make_draft
from .planning import plan_step
from .project_state import ProjectState, read_state
from .publish import claim, publish
from .released_names import refuse_released_names
from .target_environments import Target

_WORKERS = 16  # and as many connections
# Seconds that requests under way get to end after an interrupt. A deploy that ends at any request is
# completed by the next one.
_PATIENCE = 2.0


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A step that can be taken: its draft, and the project as it was read for the plan."""

    draft: Draft
    before: ProjectState


class Rollout:
    """One deploy to all its targets. Its receipts are in the order of targets, then of projects, libraries first.

    `unchanged` maps the projects that need nothing to the version that they are released as. In a dry run
    each receipt holds the planned step alone.
    """

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
        self._failed: dict[str, int] = {}  # each project that failed, and the first target where it did
        self._projects: Mapping[str, Project] = {}
        self._rows: dict[str, list[Receipt]] = {}
        self._libraries: dict[str, RestampedLibrary | None] = {}
        self._guards: dict[str, threading.Lock] = {}
        self._checks = [threading.Lock() for _ in targets]
        self._checked: set[int] = set()

    def run(self, projects: Sequence[Project], *, stop: Callable[[], None]) -> list[Receipt]:
        """Deploy the projects; one that fails stops only those that need it.

        Projects are built while others are uploaded; `stop` ends the builds after an interrupt.
        """
        self._projects = {project.name: project for project in projects}
        self._guards = {project.name: threading.Lock() for project in projects}
        work = sum(self._has_work(project) for project in projects)
        doing = "planning for" if self._dry_run else "deploying to"
        self._stages = tuple(Stage(name=f"{doing} {target.name}", total=work) for target in self._targets)
        tasks = [partial(self._deploy, project) for project in projects]
        run_at_once(tasks, workers=_WORKERS, stop=stop, patience=_PATIENCE)
        # A project needs all that its libraries need, so it always needs more than they do.
        order = sorted(projects, key=lambda project: len(self._needed(project)))
        rows = [self._rows[project.name] for project in order]
        return [row[number] for number in range(len(self._targets)) for row in rows]

    def _deploy(self, project: Project) -> list[Receipt]:
        """Deploy the repo's libraries that a project needs, unless another thread does already, then itself."""
        with self._guards[project.name]:
            if project.name not in self._rows:
                for library in self._needed(project):
                    self._deploy(library)
                self._rows[project.name] = [
                    self._deploy_to(number, project) for number in range(len(self._targets))
                ]
                self._libraries.pop(project.name, None)  # it may be large
            return self._rows[project.name]

    def _needed(self, project: Project) -> list[Project]:
        if self._bundle is None or project.name in self._unchanged:
            return []
        try:
            needs = self._bundle.project(project.name).needs
        except HermesError:
            return []  # reported when the project itself is planned
        return [self._projects[name] for name in needs if name in self._projects]

    def _has_work(self, project: Project) -> bool:
        return project.name not in self._unchanged

    def _deploy_to(self, number: int, project: Project) -> Receipt:
        if not self._has_work(project):
            return Receipt(step=self._unchanged_step(self._targets[number], project))
        self._notify(self._stages[number].begun(project.name))
        step, work = self._plan(number, project)
        feature = self._targets[number].decision.feature
        if work is None or self._dry_run or (step.change is Change.NOTHING and feature is None):
            receipt = Receipt(step=step)
        else:
            receipt = self._apply(number, step, work)
        failed = bool(receipt.exit_code)
        if failed:
            self._failed.setdefault(project.name, number)
        self._notify(self._stages[number].ended(project.name, failed=failed))
        return receipt

    def _plan(self, number: int, project: Project) -> tuple[Step, _Work | None]:
        """Plan a step; without work where there is a reason not to take it."""
        target = self._targets[number]
        draft: Draft | None = None
        try:
            if self._bundle is None:
                raise InvalidInput(f"{project.name} was not built")
            built = self._bundle.project(project.name)
            if project.name in self._failed:
                return _step(target, project, Change.SKIPPED, "it failed in the environment before"), None
            missing = [name for name in built.needs if self._failed.get(name, number + 1) <= number]
            if missing:
                return _step(target, project, Change.SKIPPED, f"it needs {missing[0]}, which failed"), None
            if project.name not in self._libraries:
                self._libraries[project.name] = library_of(self._bundle, project)
            library = self._libraries[project.name]
            draft = make_draft(self._workspace, target, self._bundle, project, library)
            refuse_released_names(self._workspace, target, draft)
            before = read_state(target.store, draft.layout, draft.suffix, draft.manifest.tree)
            step = plan_step(target.store.url, target.name, draft, target.decision, before)
            return step, _Work(draft=draft, before=before)
        except HermesError as error:
            if draft is None:
                reason = f"{error.message}\n{error.detail}" if error.detail else error.message
                return _step(target, project, Change.FAILED, reason, error=error), None
            version = draft.manifest.version
            return _step(target, project, Change.REFUSED, error.message, version=version, error=error), None

    def _unchanged_step(self, target: Target, project: Project) -> Step:
        reason = "released, and not changed since"
        libraries = with_siblings(project, self._workspace.projects)[:-1]
        newer = [library.name for library in libraries if library.name not in self._unchanged]
        if newer:
            pick_up = f"run `hermes bump {project.name}` to pick up the change"
            reason = f"released with the previous {newer[0]}; {pick_up}"
        return _step(target, project, Change.NOTHING, reason, version=self._unchanged[project.name])

    def _apply(self, number: int, step: Step, work: _Work) -> Receipt:
        """Take a step. The state that it was planned from may be old: every write is conditional."""
        target, draft = self._targets[number], work.draft
        written: list[str] = []
        store = target.store.recording(written.append)
        try:
            if target.environment.path:
                self._workspace.private_folder()
            if work.before.owner is None:
                claim(store, draft)
            self._check_conditions(number, draft)
            published = publish(store, draft, work.before)
        except HermesError as error:
            return Receipt(step=step, written=tuple(written), error=error)
        return Receipt(
            step=step,
            latest=published.latest,
            url=f"{store.url.rstrip('/')}/{draft.layout.manifest(draft.suffix)}",
            written=tuple(written),
        )

    def _check_conditions(self, number: int, draft: Draft) -> None:
        """Prove once for each target that its store honours conditions, before any other write of this run."""
        with self._checks[number]:
            if number not in self._checked:
                self._targets[number].store.check_conditions(draft.layout.owner)
                self._checked.add(number)


def _step(
    target: Target,
    project: Project,
    change: Change,
    reason: str,
    *,
    version: str | None = None,
    error: HermesError | None = None,
) -> Step:
    version = version or str(project.version or "")
    return Step(
        environment=target.name,
        project=project.name,
        suffix=str(target.decision.feature or version),
        version=version,
        change=change,
        reason=reason,
        hint=error.advice if error else None,
        exit_code=error.exit_code if error else 0,
    )
