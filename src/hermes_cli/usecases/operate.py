"""hermes rollback, yank and retire: changes of what `latest` is, made on purpose and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.config import Environment
from hermes_cli.domain.errors import Conflict, InvalidInput, Refused
from hermes_cli.domain.latest import Act, LatestRecord, retired, rolled_back, yanked
from hermes_cli.domain.layout import Layout
from hermes_cli.domain.names import Reference, Release
from hermes_cli.domain.policy import Action, judge
from hermes_cli.domain.store import Store

from . import catalog, publish
from .catalog import NotDeployed
from .copies import copy_latest
from .events import Event, Listener
from .latest import change_latest
from .workspace import Workspace

Change = Callable[[LatestRecord], LatestRecord | None]


@dataclass(frozen=True, kw_only=True)
class OperationReport:
    """What `latest` was and is; `changed` is False where there was nothing to do."""

    environment: str
    project: str
    changed: bool
    before: str | None
    record: LatestRecord


def rollback(
    workspace: Workspace,
    reference: Reference,
    environment: str | None,
    reason: str | None,
    *,
    notify: Listener,
) -> OperationReport:
    """Move `latest` back to a release, on purpose; a later deploy moves it above all that there is only.

    Raises `NotDeployed`, `Conflict` for a yanked version, `Refused` by policy.
    """
    chosen, store, layout = _place(workspace, reference, environment)
    version = _version_of(reference, lambda: _way_back(store, layout))
    _require_whole_release(store, layout, version)
    act = _act(workspace, store, reason)

    def change(record: LatestRecord) -> LatestRecord | None:
        # Listed at each try: a release that comes in between must not move latest again afterwards.
        return rolled_back(record, version, _releases(store, layout), act)

    return _change(chosen, store, layout, change, notify)


def yank(
    workspace: Workspace,
    reference: Reference,
    environment: str | None,
    reason: str,
    to: Version | None,
    *,
    notify: Listener,
) -> OperationReport:
    """Mark a release as one that must not be used; what `latest` points at needs another to go back to.

    Raises `NotDeployed`, `InvalidInput`, `Refused` by policy.
    """
    chosen, store, layout = _place(workspace, reference, environment)
    version = _version_of(reference)
    catalog.resolve(store, layout, Release(version))
    if to is not None:
        _require_whole_release(store, layout, to)
    if to == version:
        raise InvalidInput(
            f"latest cannot go back to {version}, which is to be yanked", hint="name another: --to"
        )
    act = _act(workspace, store, reason)

    def change(record: LatestRecord) -> LatestRecord | None:
        return yanked(record, version, to, _releases(store, layout), act)

    return _change(chosen, store, layout, change, notify)


def retire(
    workspace: Workspace, reference: Reference, environment: str | None, reason: str, *, notify: Listener
) -> OperationReport:
    """Give up a project's name: nothing is deployed under it any more, and its releases stay."""
    if reference.suffix is not None:
        raise InvalidInput(
            f"{reference} names a suffix, and a whole project is retired",
            hint=f"hermes yank {reference} marks that version alone",
        )
    chosen, store, layout = _place(workspace, reference, environment)
    act = _act(workspace, store, reason)
    return _change(chosen, store, layout, lambda record: retired(record, act), notify)


def chosen_environment(workspace: Workspace, named: str | None) -> Environment:
    """The environment to operate on. Raises `InvalidInput` where there is a choice and nobody made it."""
    if named is not None:
        return workspace.settings.environment(named)
    meant = workspace.unnamed_environments()
    if len(meant) > 1:
        names = ", ".join(environment.name for environment in meant)
        raise InvalidInput(f"there is more than one environment: {names}", hint=f"--env {meant[-1].name}")
    return meant[0]


def _place(
    workspace: Workspace, reference: Reference, named: str | None
) -> tuple[Environment, Store, Layout]:
    if reference.script is not None:
        raise InvalidInput(
            f"{reference} names a script, and this is about a whole project", hint=reference.project
        )
    environment = chosen_environment(workspace, named)
    if environment.release_from == "ci":
        verdict = judge(
            workspace.ref,
            environment,
            default_branch=workspace.settings.default_branch,
            checkout=workspace.checkout,
        )
        if verdict.action is not Action.RELEASE:
            raise Refused(
                f"what {environment.name} releases is changed by CI on the default branch: {verdict.reason}",
                hint="start the workflow by hand there; where people may do it, "
                f'set release-from = "anywhere" in [environments.{environment.name}]',
            )
    store, layout = workspace.store(environment), workspace.layout(reference.project)
    owner = store.get(layout.owner)
    if owner is None:
        workspace.project(layout.project)  # says so where there is no such project here either
        raise NotDeployed(f"{layout.project} was never deployed to {environment.name}", hint="hermes ls")
    publish.check_owner(store, layout, workspace.settings.repo_id, owner.data)
    if environment.path:
        workspace.private_folder()
    return environment, store, layout


def _way_back(store: Store, layout: Layout) -> Version | None:
    """The highest release that `latest` could go back to."""
    found = catalog.find_latest(store, layout)
    if found is None:
        return None
    record = found[0]
    back = (one for one in _releases(store, layout) if str(one) != record.version)
    return max((one for one in back if not one.is_prerelease and not record.yank_of(one)), default=None)


def _version_of(reference: Reference, such_as: Callable[[], Version | None] = lambda: None) -> Version:
    if not isinstance(reference.suffix, Release):
        raise InvalidInput(
            f"{reference} names no version",
            hint=f"{reference.project}@{such_as() or 'VERSION'}; hermes ls {reference.project} lists them",
        )
    return reference.suffix.version


def _require_whole_release(store: Store, layout: Layout, version: Version) -> None:
    """What jobs are about to run must be there, with its digests."""
    manifest = catalog.resolve(store, layout, Release(version)).manifest
    for artifact in (*manifest.artifacts, *manifest.libraries):
        catalog.read_artifact(store, artifact)


def _releases(store: Store, layout: Layout) -> list[Version]:
    return [s.version for s in catalog.suffixes(store, layout) if isinstance(s, Release)]


def _act(workspace: Workspace, store: Store, reason: str | None) -> Act:
    return Act(
        at=store.now().isoformat(timespec="seconds"),
        actor=workspace.ref.actor or workspace.user,
        commit=workspace.checkout.head,
        reason=reason,
    )


def _change(
    environment: Environment,
    store: Store,
    layout: Layout,
    change: Change,
    notify: Listener,
) -> OperationReport:
    found = catalog.find_latest(store, layout)
    before = found[0] if found else None
    notify(Event(subject=layout.project, message=f"changing what latest is in {environment.name}"))
    record = change_latest(store, layout, change)
    if record.version is not None:
        copy_latest(store, layout, {})
    return OperationReport(
        environment=environment.name,
        project=layout.project,
        changed=record != before,
        before=before.version if before else None,
        record=record,
    )


def refuse_yanked(deployed: catalog.Deployed) -> None:
    """Raises `Conflict` where what is to be used is yanked."""
    if deployed.yank is not None:
        raise Conflict(
            f"{deployed.manifest.project} {deployed.yank.version} is yanked: {deployed.yank.act.reason}",
            hint=f"hermes run {deployed.manifest.project}@latest, or --force to run it all the same",
        )
