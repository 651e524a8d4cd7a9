"""hermes status: the working tree against each environment, why they differ, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from hermes_cli.adapters.threads import run_at_once
from hermes_cli.domain.config_keys import FEATURES
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import ExitCode, HermesError
from hermes_cli.domain.contract.latest_moves import DEPLOY, LatestRecord
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import feature_of
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.project import Project
from hermes_cli.usecases.repo.next_step import NextStep
from hermes_cli.usecases.repo.workspace import Workspace

if TYPE_CHECKING:
    from hermes_cli.domain.events import Listener


class State(StrEnum):
    """The state of the work tree compared with the releases."""

    NEW = "new"
    CHANGED = "changed without a new version"
    UP_TO_DATE = "up to date"
    NEWER_THERE = "behind"
    BROKEN = "broken"
    RETIRED = "retired"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One project in one environment.

    `latest` is the version of `latest` there, `feature` the state of this branch's deploy, `why` the
    reason for the state, `next` the command to type, git's too, `yanked` whether this version is yanked
    there. `exit_code` is not 0 where the environment could not be asked.
    """

    environment: str
    project: str
    version: str
    state: State
    latest: str | None
    why: str
    next: str | None = None
    feature: str | None = None
    exit_code: int = ExitCode.DONE
    yanked: bool = False


def status(
    workspace: Workspace, names: Sequence[str], environments: Sequence[str], *, notify: Listener
) -> tuple[Standing, ...]:
    """Compare each project with each environment; an unreachable one is reported and does not hide the others."""
    chosen = workspace.named_environments(environments) if environments else workspace.unnamed_environments()
    # Git answers both in the time of one.
    run_at_once([lambda: workspace.is_dirty, lambda: workspace.ref], workers=2)
    projects = workspace.select(names)
    contents = _Contents(workspace, notify)
    workspace.require_git()
    next_step = NextStep(workspace)
    return tuple(
        _standing_or_problem(workspace, environment, project, contents, next_step)
        for environment in chosen
        for project in projects
    )


class _Contents:
    """The version and content of each project, built only where they are needed."""

    def __init__(self, workspace: Workspace, notify: Listener) -> None:
        self._workspace = workspace
        self._notify = notify
        self._known: dict[str, tuple[str, str] | HermesError] = {}

    def of(self, project: Project) -> tuple[str, str]:
        """Version and content digest. Raises what the build raises."""
        if project.name not in self._known:
            import tempfile

            from hermes_cli.usecases.building.on_demand import OnDemandBuilds

            with tempfile.TemporaryDirectory(prefix="hermes-status-") as folder:
                builds = OnDemandBuilds(self._workspace, Path(folder), count=1, notify=self._notify)
                built = builds.attempt(project.name)
            self._known[project.name] = (
                built if isinstance(built, HermesError) else (built.version, built.content)
            )
        known = self._known[project.name]
        if isinstance(known, HermesError):
            raise known
        return known


def _standing_or_problem(
    workspace: Workspace, environment: Environment, project: Project, contents: _Contents, next_step: NextStep
) -> Standing:
    try:
        return _standing(workspace, environment, workspace.store(environment), project, contents, next_step)
    except HermesError as error:
        return Standing(
            environment=environment.name,
            project=project.name,
            version=str(project.version or ""),
            state=State.NOT_KNOWN,
            latest=None,
            why=error.message,
            next=error.advice,
            exit_code=error.exit_code,
        )


def _standing(
    workspace: Workspace,
    environment: Environment,
    store: Store,
    project: Project,
    contents: _Contents,
    next_step: NextStep,
) -> Standing:
    layout = workspace.layout(project.name)
    found = catalog.find_latest(store, layout)
    record = found[0] if found else LatestRecord(team=layout.team, project=layout.project)
    released = catalog.released_trees(store, layout.team)
    tree = workspace.source.tree(project.folder)
    version = str(project.version) if project.version else None
    try:
        if version is None or (released.get((project.name, tree)) != version):
            version, content = contents.of(project)
        else:
            content = None  # a marker says that this very tree is released
    except HermesError as error:
        return _row(
            workspace,
            environment,
            store,
            project,
            version or "",
            State.BROKEN,
            record,
            error.message,
            error.advice,
        )
    release = catalog.find_release(store, layout, Version(version))
    if release is None:
        highest = Version(record.mark) if record.mark else None
        if highest is not None and Version(version) < highest:
            state, why = State.NEWER_THERE, f"{highest} is released there, and this is {version}"
            step: str | None = next_step.catch_up
        else:
            state, (why, step) = State.NEW, next_step.unreleased(environment, version)
    elif content is not None and content != release.content:
        state, why = State.CHANGED, f"{version} is released with other content"
        step = f"hermes bump {project.name}"
    elif record.version is not None and Version(record.version) > Version(version):
        state, why = State.NEWER_THERE, f"this is {version}"
        step = next_step.catch_up
    else:
        state, why, step = State.UP_TO_DATE, f"{version} is released", None
        held = _held(environment, record, Version(version))
        if held:
            why, step = held
    return _row(workspace, environment, store, project, version, state, record, why, step)


def _held(environment: Environment, record: LatestRecord, version: Version) -> tuple[str, str | None] | None:
    """Return the reason why `latest` is not this released version, and the next step."""
    yank = record.yank_of(version)
    repair = f"repair it, then: hermes bump {record.project}"
    if yank is not None:
        return f"{version} is yanked: {yank.act.reason}", repair
    if record.version == str(version) or record.version is None:
        return None
    last = record.moves[-1] if record.moves else None
    if last is not None and last.kind != DEPLOY:
        reason = f": {last.act.reason}" if last.act.reason else ""
        forward = f"hermes rollback {record.project}@{version} --env {environment.name}"
        return (
            f"{version} is released, but latest was moved back{reason}",
            f"{repair}; or go forward again: {forward}",
        )
    return f"{version} is released", None


def _row(
    workspace: Workspace,
    environment: Environment,
    store: Store,
    project: Project,
    version: str,
    state: State,
    record: LatestRecord,
    why: str,
    step: str | None,
) -> Standing:
    if record.retired is not None:
        state, why, step = State.RETIRED, f"the name was retired: {record.retired.reason}", None
    return Standing(
        environment=environment.name,
        project=project.name,
        version=version,
        state=state,
        latest=record.version,
        why=why,
        next=step,
        feature=_feature(workspace, environment, store, project),
        yanked=any(yank.version == version for yank in record.yanked),
    )


def _feature(workspace: Workspace, environment: Environment, store: Store, project: Project) -> str | None:
    """Describe the deploy of this branch, where there can be one."""
    branch = workspace.ref.branch
    if branch in (None, workspace.settings.default_branch) or FEATURES not in environment.accepts:
        return None
    feature = feature_of(branch or "")
    found = catalog.find_feature(store, workspace.layout(project.name), feature)
    manifest = found[0] if found else None
    if manifest is None:
        return f"{feature} is not deployed: hermes deploy --env {environment.name}"
    tree = workspace.source.tree(project.folder)
    if manifest.tree == tree:
        return f"{feature} is deployed as it is here"
    return f"{feature} is deployed from an earlier state: hermes deploy --env {environment.name}"
