"""hermes deploy: plan, build, apply."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.deploy_plan import Receipt, Step
from hermes_cli.domain.events import Listener
from hermes_cli.domain.project import Project
from hermes_cli.domain.siblings import with_siblings

from .building.bundle import Bundle, open_bundle
from .comparing.changed_projects import changed_projects
from .releasing.drafts import check_bundle
from .releasing.rollout import Rollout
from .releasing.target_environments import LeftOut, Target, choose_targets
from .repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """A deploy as it was asked for; `tolerant` plans on where an environment is refused."""

    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    branch: str | None = None
    bundle: Path | None = None
    changed: bool = False
    dry_run: bool = False
    tolerant: bool = False


@dataclass(frozen=True, kw_only=True)
class DeployPlan:
    """The projects to deploy and the targets to deploy them to.

    `unchanged` maps the projects that are released everywhere as they are to their version: nothing is
    built or asked for these.
    """

    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...]
    projects: tuple[Project, ...]
    unchanged: Mapping[str, str]

    @property
    def to_build(self) -> tuple[Project, ...]:
        """The projects that have to be built, or read from the folder of a build."""
        return tuple(one for one in self.projects if one.name not in self.unchanged) if self.targets else ()


@dataclass(frozen=True, kw_only=True)
class DeployReport:
    """A receipt for each project and environment, in the order of environments.

    `dirty` says that something was deployed that is not committed.
    """

    dry_run: bool
    dirty: bool
    receipts: tuple[Receipt, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that were planned."""
        return tuple(receipt.step for receipt in self.receipts)


def deploy(workspace: Workspace, request: DeployRequest, *, notify: Listener) -> DeployReport:
    """Deploy what was asked for to every environment that the branch may deploy to.

    Raises `Refused` before anything is built or written where the branch may not. A failure of one project
    after that is in its receipt, and does not stop the others.
    """
    plan = plan_deploy(workspace, request)
    with build(workspace, request, plan, notify) as (bundle, stop):
        return apply(workspace, request, plan, bundle, stop, notify)


def plan_deploy(workspace: Workspace, request: DeployRequest) -> DeployPlan:
    """Choose the targets and the projects, and find those that need nothing."""
    workspace.require_kind(DATA_PRODUCTS)
    workspace.require_repo_id()
    targets, left_out = choose_targets(
        workspace, request.environments, request.branch, tolerant=request.tolerant
    )
    projects = workspace.select(request.projects)
    if request.changed:
        projects = changed_projects(workspace, projects, [target.released for target in targets])
    if any(target.releases for target in targets):
        projects = _with_their_libraries(workspace, projects)
    unchanged = {} if request.bundle else _unchanged(workspace, targets, projects)
    return DeployPlan(targets=targets, left_out=left_out, projects=projects, unchanged=unchanged)


@contextmanager
def build(
    workspace: Workspace, request: DeployRequest, plan: DeployPlan, notify: Listener
) -> Iterator[tuple[Bundle | None, Callable[[], None]]]:
    """Open the folder of a build, or build on demand into a folder that is removed; and how to stop that."""
    if request.bundle is not None:
        bundle = open_bundle(request.bundle)
        check_bundle(workspace, bundle)
        yield bundle, lambda: None
    elif not plan.to_build:
        yield None, lambda: None
    else:
        # Loads everything that builds, which an unchanged repo does without.
        from .building.on_demand import OnDemandBuilds

        with tempfile.TemporaryDirectory(prefix="hermes-deploy-") as folder:
            builds = OnDemandBuilds(workspace, Path(folder), count=len(plan.to_build), notify=notify)
            yield builds, builds.end


def apply(
    workspace: Workspace,
    request: DeployRequest,
    plan: DeployPlan,
    bundle: Bundle | None,
    stop: Callable[[], None],
    notify: Listener,
) -> DeployReport:
    """Take the steps of every project in every environment, or in a dry run only plan them."""
    rollout = Rollout(
        workspace,
        plan.targets,
        bundle=bundle,
        unchanged=plan.unchanged,
        dry_run=request.dry_run,
        notify=notify,
    )
    receipts = rollout.run(plan.projects, stop=stop)
    return DeployReport(
        dry_run=request.dry_run,
        dirty=bundle.record.dirty if bundle else False,
        receipts=tuple(receipts),
        left_out=plan.left_out,
    )


def _with_their_libraries(workspace: Workspace, projects: tuple[Project, ...]) -> tuple[Project, ...]:
    """Add the repo's libraries that the projects need: a release carries them, so they are released too."""
    wanted = {one.name: one for project in projects for one in with_siblings(project, workspace.projects)}
    return tuple(sorted(wanted.values(), key=lambda project: project.name))


def _unchanged(
    workspace: Workspace, targets: tuple[Target, ...], projects: tuple[Project, ...]
) -> Mapping[str, str]:
    """Find the projects whose source tree is released everywhere, and the version of each.

    One listing an environment tells: the index marker is written last, so all else is done where it is there.
    """
    if not targets or not all(target.releases for target in targets):
        return {}
    found: dict[str, str] = {}
    for project in projects:
        tree = workspace.source.tree(project.folder)
        versions = {target.released.get((project.name, tree)) for target in targets}
        version = versions.pop() if len(versions) == 1 else None
        if version is not None and project.version in (None, Version(version)):
            found[project.name] = version
    return found
