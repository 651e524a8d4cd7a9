"""hermes deploy: settings and branch to targets, projects to artifacts, a plan, and receipts."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from hermes_cli.domain.builds import BuiltFile
from hermes_cli.domain.config import Environment
from hermes_cli.domain.errors import HermesError, InvalidInput, Refused
from hermes_cli.domain.layout import Layout, wheel_file
from hermes_cli.domain.manifest import Artifact, Manifest
from hermes_cli.domain.names import Release, Suffix
from hermes_cli.domain.plan import Change, Receipt, Step
from hermes_cli.domain.policy import Action, Verdict, judge
from hermes_cli.domain.project import Project
from hermes_cli.domain.store import Store

from . import publish
from .build import build, cluster_python
from .bundle import Bundle, open_bundle
from .catalog import released_trees
from .changes import changed_projects
from .events import Event, Listener
from .planning import plan_step
from .workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What was asked for on the command line."""

    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    branch: str | None = None
    bundle: Path | None = None
    changed: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """An environment that this branch may deploy to, and what it may do there."""

    environment: Environment
    store: Store
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class DeployReport:
    """What was done (or, for a dry run, would be) in each environment, and which were left out."""

    dry_run: bool
    branch: str
    steps: tuple[Step, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


def deploy(workspace: Workspace, request: DeployRequest, *, notify: Listener) -> DeployReport:
    """Deploy what was asked for to every environment that the branch may deploy to.

    Raises `Refused` before anything is built or written where the branch may not; what fails for
    one project afterwards is in its receipt.
    """
    if not workspace.settings.repo_id:
        raise _no_repo_id()
    targets, left_out = _targets(workspace, request)
    projects: Sequence[Project] = workspace.select(request.projects)
    if request.changed:
        projects = changed_projects(workspace, projects)
    done: list[Receipt] = []
    pending = _without_unchanged(workspace, targets, projects, done) if not request.bundle else projects
    steps: list[Step] = []
    with _bundle(workspace, request, pending, done, targets, notify) as bundle:
        failed = {receipt.project for receipt in done if receipt.exit_code}
        for target in targets:
            opened = False
            for project in pending if bundle else ():
                if project.name in {r.project for r in done if r.environment == target.environment.name}:
                    continue
                blocker = _blocker(project, bundle, failed) if bundle else None
                if blocker:
                    done.append(_receipt(target, project, Change.SKIPPED, blocker, exit_code=1))
                    failed.add(project.name)
                    continue
                notify(Event(subject=project.name, message=f"deploying to {target.environment.name}"))
                try:
                    draft = _draft(workspace, target, bundle, project)
                    step = plan_step(target.store, target.environment.name, draft, target.verdict)
                    steps.append(step)
                    if request.dry_run:
                        continue
                    receipt = _apply(workspace, target, draft, step, check=not opened)
                    opened = opened or bool(receipt.written)
                except HermesError as error:
                    receipt = _failure(target, project, error)
                    failed.add(project.name)
                done.append(receipt)
    return DeployReport(
        dry_run=request.dry_run,
        branch=targets[0].verdict.reason,
        steps=tuple(steps),
        receipts=tuple(_in_order(done, targets, projects)),
        left_out=tuple(left_out),
    )


def _no_repo_id() -> InvalidInput:
    import uuid

    return InvalidInput(
        "hermes.toml has no repo-id, which claims the names of this repo's projects",
        hint=f'add this line to its top: repo-id = "{uuid.uuid4()}"',
    )


def _targets(workspace: Workspace, request: DeployRequest) -> tuple[list[Target], list[tuple[str, str]]]:
    """Where this branch may deploy to. Raises `Refused` where a named one is refused, or all are."""
    settings = workspace.settings
    if request.environments:
        named = {settings.environment(name).name for name in request.environments}
        environments = tuple(e for e in settings.environments if e.name in named)
    else:
        environments = workspace.unnamed_environments()
    targets, refusals = [], []
    for environment in environments:
        verdict = judge(
            workspace.ref,
            environment,
            default_branch=settings.default_branch,
            checkout=workspace.checkout,
            feature_branch=request.branch or workspace.feature_branch,
        )
        if verdict.action is Action.REFUSED:
            refusals.append((environment.name, verdict))
        else:
            targets.append(
                Target(environment=environment, store=workspace.store(environment), verdict=verdict)
            )
    if refusals and (request.environments or not targets):
        name, verdict = refusals[0]
        raise Refused(f"deploy to {name} refused: {verdict.reason}", hint=verdict.hint)
    return targets, [(name, verdict.reason) for name, verdict in refusals]


def _without_unchanged(
    workspace: Workspace, targets: Sequence[Target], projects: Sequence[Project], done: list[Receipt]
) -> list[Project]:
    """The projects that have to be built: those whose source tree is not released everywhere.

    Told from one listing an environment; a marker is written last, so it says that all is done.
    """
    if any(target.verdict.action is not Action.RELEASE for target in targets):
        return list(projects)
    git = workspace.require_git()
    trees = {project.name: git.tree(project.folder, dirty=False) for project in projects}
    released = [released_trees(target.store, workspace.settings.team) for target in targets]
    pending = []
    for project in projects:
        versions = [markers.get((project.name, trees[project.name])) for markers in released]
        if None in versions or (project.version and {str(project.version)} != set(versions)):
            pending.append(project)
            continue
        for target, version in zip(targets, versions, strict=True):
            done.append(
                _receipt(target, project, Change.NOTHING, "released, and not changed since", version=version)
            )
    return pending


@contextmanager
def _bundle(
    workspace: Workspace,
    request: DeployRequest,
    projects: Sequence[Project],
    done: list[Receipt],
    targets: Sequence[Target],
    notify: Listener,
) -> Iterator[Bundle | None]:
    """What is to be deployed: the folder that was named, or one that is built now and thrown away."""
    if request.bundle is not None:
        bundle = open_bundle(request.bundle)
        _check_bundle(workspace, bundle)
        yield bundle
        return
    if not projects:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="hermes-deploy-") as folder:
        report = build(workspace, projects, Path(folder), notify=notify)
        for project in projects:
            error = report.failures.get(project.name)
            if error is not None:
                done.extend(_failure(target, project, error) for target in targets)
        yield Bundle(folder=report.folder, record=report.record)


def _check_bundle(workspace: Workspace, bundle: Bundle) -> None:
    record, checkout = bundle.record, workspace.checkout
    if (record.team, record.repo_id) != (workspace.settings.team, workspace.settings.repo_id):
        raise Refused(f"{bundle.folder} was built in another repo", hint="hermes build")
    if workspace.git is not None and record.commit != checkout.head:
        raise Refused(
            f"{bundle.folder} was built from commit {(record.commit or 'none')[:12]}, "
            f"and {(checkout.head or 'none')[:12]} is checked out",
            hint="hermes build",
        )


def _blocker(project: Project, bundle: Bundle, failed: set[str]) -> str | None:
    if project.name in failed:
        return "it failed in the environment before"
    needs = bundle.project(project.name).needs
    missing = [name for name in needs if name in failed]
    return f"it needs {missing[0]}, which failed" if missing else None


def _draft(workspace: Workspace, target: Target, bundle: Bundle, project: Project) -> publish.Draft:
    """What the suffix is to become in this environment."""
    from hermes_cli.adapters.wheels import read_wheel, restamp

    built = bundle.project(project.name)
    layout = Layout(workspace.settings.team, project.name)
    verdict, record, ref = target.verdict, bundle.record, workspace.ref
    suffix: Suffix = verdict.feature or Release(Version(built.version))
    if isinstance(suffix, Release) and record.dirty:
        raise Refused(f"{bundle.folder} was built from a work tree with changes", hint="hermes build")
    python = cluster_python(target.environment.python)
    if python not in built.locks:
        raise InvalidInput(
            f"{bundle.folder} holds no lock for Python {python}, which {target.environment.name} has",
            hint="hermes build",
        )
    now = target.store.now()
    month = f"{now:%Y%m}"
    builds: dict[str, bytes] = {}

    def add(file: BuiltFile, name: str, data: bytes) -> Artifact:
        digest = hashlib.sha256(data).hexdigest()
        key = layout.build(month, digest, name)
        builds[key] = data
        return Artifact(kind=file.kind, name=file.name, key=key, sha256=digest, size=len(data))

    artifacts = [add(file, f"{file.name}.py", bundle.read(file)) for file in built.scripts]
    if built.library is not None:
        wheel = read_wheel(Path(built.library.path).name, bundle.read(built.library))
        stamped = restamp(wheel, suffix.wheel_version)
        artifacts.append(
            add(built.library, wheel_file(built.distribution, suffix.wheel_version), stamped.data)
        )
    libraries = [add(file, Path(file.path).name, bundle.read(file)) for file in built.libraries]
    manifest = Manifest(
        team=layout.team,
        project=layout.project,
        suffix=str(suffix),
        version=built.version,
        repo_id=record.repo_id,
        branch=verdict.feature.branch or "" if verdict.feature else workspace.settings.default_branch,
        commit=record.commit,
        tree=built.tree,
        dirty=record.dirty,
        content=built.content,
        artifacts=tuple(artifacts),
        libraries=tuple(libraries),
        lock=built.locks[python],
        python=python,
        dependencies=built.dependencies,
        requires_python=built.requires_python,
        created=now.isoformat(timespec="seconds"),
        actor=ref.actor or workspace.user,
        ci_run=ref.run_url,
        hermes=record.hermes,
        backend=built.backend,
    )
    return publish.Draft(layout=layout, suffix=suffix, manifest=manifest, builds=builds)


def _apply(workspace: Workspace, target: Target, draft: publish.Draft, step: Step, *, check: bool) -> Receipt:
    """Do what a step says. What was read for the plan is not relied on: every write is conditional."""
    feature = target.verdict.feature
    if step.change is Change.REFUSED or (step.change is Change.NOTHING and feature is None):
        return _of_step(step)
    store = target.store
    publish.claim(store, draft.layout, workspace.settings.repo_id, draft.manifest.created)
    if check:
        store.check_conditions(draft.layout.owner)
    if feature is not None:
        outcome = publish.publish_feature(store, draft, feature)
    else:
        outcome = publish.publish_release(store, draft, Version(draft.manifest.version))
    return Receipt(
        environment=step.environment,
        project=step.project,
        suffix=step.suffix,
        version=step.version,
        change=step.change,
        reason=step.reason,
        latest=outcome.latest,
        url=f"{store.url.rstrip('/')}/{draft.layout.manifest(draft.suffix)}",
        written=tuple(planned.key for planned in step.objects),
    )


def _of_step(step: Step) -> Receipt:
    return Receipt(
        environment=step.environment,
        project=step.project,
        suffix=step.suffix,
        version=step.version,
        change=step.change,
        reason=step.reason,
        hint=step.hint,
        exit_code=step.exit_code,
    )


def _failure(target: Target, project: Project, error: HermesError) -> Receipt:
    reason = error.message if not error.detail else f"{error.message}\n{error.detail}"
    return _receipt(target, project, Change.FAILED, reason, hint=error.hint, exit_code=error.exit_code)


def _receipt(
    target: Target,
    project: Project,
    change: Change,
    reason: str,
    *,
    version: str | None = None,
    hint: str | None = None,
    exit_code: int = 0,
) -> Receipt:
    version = version or (str(project.version) if project.version else "")
    return Receipt(
        environment=target.environment.name,
        project=project.name,
        suffix=str(target.verdict.feature or version),
        version=version,
        change=change,
        reason=reason,
        hint=hint,
        exit_code=exit_code,
    )


def _in_order(
    receipts: Sequence[Receipt], targets: Sequence[Target], projects: Sequence[Project]
) -> list[Receipt]:
    environments = [target.environment.name for target in targets]
    names: list[str] = [project.name for project in projects]
    return sorted(
        receipts,
        key=lambda receipt: (environments.index(receipt.environment), names.index(receipt.project)),
    )
