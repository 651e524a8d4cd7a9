"""hermes deploy: settings and branch to targets, projects to artifacts, a plan, and receipts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.errors import HermesError, InvalidInput
from hermes_cli.domain.plan import Change, Receipt, Step
from hermes_cli.domain.project import Project, with_siblings

from . import publish
from .build import build
from .bundle import Bundle, open_bundle
from .changes import changed_projects
from .drafts import check_bundle, draft
from .events import Event, Listener
from .planning import plan_step
from .targets import LeftOut, Target, choose_targets
from .workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What was asked for on the command line; `tolerant` plans on where an environment is refused."""

    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    branch: str | None = None
    bundle: Path | None = None
    changed: bool = False
    dry_run: bool = False
    tolerant: bool = False


@dataclass(frozen=True, kw_only=True)
class DeployReport:
    """The plan, and what was done of it (nothing in a dry run), in the order of environments.

    `dirty` says that what was deployed is not all committed.
    """

    dry_run: bool
    dirty: bool
    steps: tuple[Step, ...]
    receipts: tuple[Receipt, ...]
    left_out: tuple[LeftOut, ...]


def deploy(workspace: Workspace, request: DeployRequest, *, notify: Listener) -> DeployReport:
    """Deploy what was asked for to every environment that the branch may deploy to.

    Raises `Refused` before anything is built or written where the branch may not. What fails for
    one project afterwards is in its receipt, and does not stop the others.
    """
    workspace.require_kind(DATA_PRODUCTS)
    workspace.require_repo_id()
    targets, left_out = choose_targets(
        workspace, request.environments, request.branch, tolerant=request.tolerant
    )
    projects: Sequence[Project] = workspace.select(request.projects)
    if request.changed:
        projects = changed_projects(workspace, projects, [target.released for target in targets])
    if any(target.releases for target in targets):
        projects = _with_their_libraries(workspace, projects)
    unchanged = {} if request.bundle else _unchanged(workspace, targets, projects)
    pending = [project for project in projects if project.name not in unchanged] if targets else []
    steps: list[Step] = []
    receipts: list[Receipt] = []
    with _bundle(workspace, request, pending, notify) as (bundle, failures):
        failed: set[str] = set()
        checked: set[str] = set()
        for target in targets:
            for project in _needed_first(projects, bundle):
                if project.name in unchanged:
                    step, plan = _unchanged_step(workspace, target, project, unchanged), None
                else:
                    step, plan = _plan(workspace, target, project, bundle, failures, failed)
                steps.append(step)
                if not request.dry_run:
                    if plan is not None and not step.exit_code:
                        notify(Event(subject=project.name, message=f"deploying to {target.name}"))
                    receipt = _apply(workspace, target, step, plan, check=target.name not in checked)
                    if receipt.written:
                        checked.add(target.name)
                    receipts.append(receipt)
                if step.exit_code or (receipts and receipts[-1].exit_code):
                    failed.add(project.name)
    return DeployReport(
        dry_run=request.dry_run,
        dirty=bundle.record.dirty if bundle else False,
        steps=tuple(steps),
        receipts=tuple(receipts),
        left_out=left_out,
    )


def _with_their_libraries(workspace: Workspace, projects: Sequence[Project]) -> list[Project]:
    """What a release carries of its own repo is a release itself, so it is released along."""
    wanted = {one.name: one for project in projects for one in with_siblings(project, workspace.projects)}
    return sorted(wanted.values(), key=lambda project: project.name)


def _unchanged(
    workspace: Workspace, targets: Sequence[Target], projects: Sequence[Project]
) -> Mapping[str, str]:
    """The projects whose source tree is released everywhere, and as which version.

    Told from one listing an environment: a marker is written last, so it says that all is done.
    """
    if not targets or not all(target.releases for target in targets):
        return {}
    found: dict[str, str] = {}
    for project in projects:
        tree = workspace.trees.of(project.folder)
        versions = {target.released.get((project.name, tree)) for target in targets}
        version = versions.pop() if len(versions) == 1 else None
        if version is not None and project.version in (None, Version(version)):
            found[project.name] = version
    return found


@contextmanager
def _bundle(
    workspace: Workspace, request: DeployRequest, projects: Sequence[Project], notify: Listener
) -> Iterator[tuple[Bundle | None, Mapping[str, HermesError]]]:
    """What is to be deployed: the folder that was named, or one that is built now and thrown away."""
    if request.bundle is not None:
        bundle = open_bundle(request.bundle)
        check_bundle(workspace, bundle)
        yield bundle, {}
    elif not projects:
        yield None, {}
    else:
        with tempfile.TemporaryDirectory(prefix="hermes-deploy-") as folder:
            report = build(workspace, projects, Path(folder), notify=notify)
            yield Bundle(folder=report.folder, record=report.record), report.failures


def _needed_first(projects: Sequence[Project], bundle: Bundle | None) -> list[Project]:
    """A library of the repo comes before what needs it, which is not deployed if it fails."""
    needs = {one.project: len(one.needs) for one in bundle.record.projects} if bundle else {}
    # What a project needs includes what these need, so it always needs more than they do.
    return sorted(projects, key=lambda project: needs.get(project.name, 0))


def _plan(
    workspace: Workspace,
    target: Target,
    project: Project,
    bundle: Bundle | None,
    failures: Mapping[str, HermesError],
    failed: set[str],
) -> tuple[Step, publish.Draft | None]:
    """What is to be done, or the reason why nothing can be."""
    try:
        if project.name in failures:
            raise failures[project.name]
        if bundle is None:
            raise InvalidInput(f"{project.name} was not built")
        if project.name in failed:
            return _step(target, project, Change.SKIPPED, "it failed in the environment before"), None
        missing = [name for name in bundle.project(project.name).needs if name in failed]
        if missing:
            return _step(target, project, Change.SKIPPED, f"it needs {missing[0]}, which failed"), None
        plan = draft(workspace, target, bundle, project)
        return plan_step(target.store, target.name, plan, target.verdict), plan
    except HermesError as error:
        reason = f"{error.message}\n{error.detail}" if error.detail else error.message
        step = _step(target, project, Change.FAILED, reason, hint=error.hint, exit_code=error.exit_code)
        return step, None


def _unchanged_step(
    workspace: Workspace, target: Target, project: Project, unchanged: Mapping[str, str]
) -> Step:
    reason = "released, and not changed since"
    libraries = with_siblings(project, workspace.projects)[:-1]
    newer = [library.name for library in libraries if library.name not in unchanged]
    if newer:
        reason = f"released; it keeps {newer[0]} as it was: raise its version to take up the change"
    return _step(target, project, Change.NOTHING, reason, version=unchanged[project.name])


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


def _apply(
    workspace: Workspace, target: Target, step: Step, plan: publish.Draft | None, *, check: bool
) -> Receipt:
    """Do what a step says. What was read for the plan is not relied on: every write is conditional."""
    feature = target.verdict.feature
    if plan is None or step.exit_code or (step.change is Change.NOTHING and feature is None):
        return _receipt(step)
    store = target.store
    try:
        if target.environment.path:
            workspace.private_folder()
        publish.claim(store, plan.layout, workspace.settings.repo_id, plan.manifest.created)
        if check:
            store.check_conditions(plan.layout.owner)
        if feature is not None:
            outcome = publish.publish_feature(store, plan, feature)
        else:
            outcome = publish.publish_release(store, plan, Version(plan.manifest.version))
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
