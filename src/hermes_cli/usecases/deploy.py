"""hermes deploy: settings and branch to targets, projects to artifacts, a plan, and receipts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.deploy_plan import Receipt, Step
from hermes_cli.domain.events import Listener
from hermes_cli.domain.project import Project, with_siblings
from hermes_cli.usecases.building.bundle import Bundle, open_bundle
from hermes_cli.usecases.comparing.changed_projects import changed_projects
from hermes_cli.usecases.releasing.drafts import check_bundle
from hermes_cli.usecases.releasing.rollout import Rollout
from hermes_cli.usecases.releasing.targets import LeftOut, Target, choose_targets
from hermes_cli.usecases.repo.workspace import Workspace


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
    with _bundle(workspace, request, pending, notify) as (bundle, end):
        rollout = Rollout(
            workspace, targets, bundle=bundle, unchanged=unchanged, dry_run=request.dry_run, notify=notify
        )
        done = rollout.run(projects, stop=end)
    return DeployReport(
        dry_run=request.dry_run,
        dirty=bundle.record.dirty if bundle else False,
        steps=tuple(one.step for one in done),
        receipts=tuple(one.receipt for one in done if one.receipt),
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
) -> Iterator[tuple[Bundle | None, Callable[[], None]]]:
    """What is to be deployed: the folder that was named, or builds that are thrown away; and what ends these."""
    if request.bundle is not None:
        bundle = open_bundle(request.bundle)
        check_bundle(workspace, bundle)
        yield bundle, lambda: None
    elif not projects:
        yield None, lambda: None
    else:
        from hermes_cli.usecases.building.on_demand import OnDemandBuilds

        with tempfile.TemporaryDirectory(prefix="hermes-deploy-") as folder:
            builds = OnDemandBuilds(workspace, Path(folder), count=len(projects), notify=notify)
            yield builds, builds.end
