"""Change what `latest` is on purpose, and record it: shared by rollback, yank and retire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.catalog import NotDeployed
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.contract.latest_moves import Act, LatestRecord
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Reference, Release
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.release_policy import Action, decide
from hermes_cli.usecases.repo.workspace import Workspace

from .compare_and_swap import change_latest
from .named_copies import copy_latest
from .publish import check_owner

Change = Callable[[LatestRecord], LatestRecord | None]


@dataclass(frozen=True, kw_only=True)
class OperationReport:
    """The version of `latest` before, and its record after; `changed` is False where there was nothing to do."""

    environment: str
    project: str
    changed: bool
    before: str | None
    record: LatestRecord


def chosen_environment(workspace: Workspace, named: str | None) -> Environment:
    """Return the environment to operate on. Raises `InvalidInput` where there are several and none is named."""
    if named is not None:
        return workspace.settings.environment(named)
    meant = workspace.unnamed_environments()
    if len(meant) > 1:
        names = ", ".join(environment.name for environment in meant)
        raise InvalidInput(f"there is more than one environment: {names}", hint=f"--env {meant[-1].name}")
    return meant[0]


def open_place(
    workspace: Workspace, reference: Reference, named: str | None
) -> tuple[Environment, Store, Layout]:
    """Open the environment to operate on, for a project that this repo owns there.

    Raises `InvalidInput` for a script, `Refused` by policy, `NotDeployed`, `Conflict` for another repo's name.
    """
    if reference.script is not None:
        raise InvalidInput(
            f"{reference} names a script, and this is about a whole project", hint=reference.project
        )
    environment = chosen_environment(workspace, named)
    if environment.release_from == "ci":
        verdict = decide(
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
        workspace.project(layout.project)  # raises where this repo has no such project
        raise NotDeployed(f"{layout.project} was never deployed to {environment.name}", hint="hermes ls")
    check_owner(store.url, layout, workspace.settings.repo_id, owner.data)
    if environment.path:
        workspace.private_folder()
    return environment, store, layout


def version_of(reference: Reference, propose: Callable[[], str | None] = lambda: None) -> Version:
    """Return the version that was named. Raises `InvalidInput`; `propose` makes a command with one for its hint."""
    if not isinstance(reference.suffix, Release):
        raise InvalidInput(
            f"{reference} names no version", hint=propose() or f"hermes ls {reference.project}"
        )
    return reference.suffix.version


def require_whole_release(store: Store, layout: Layout, version: Version) -> None:
    """Read a release and its artifacts. Raises `NotDeployed`, or `HermesError` where a digest differs."""
    manifest = catalog.resolve(store, layout, Release(version)).manifest
    for artifact in (*manifest.artifacts, *manifest.libraries):
        catalog.read_artifact(store, artifact)


def releases(store: Store, layout: Layout) -> list[Version]:
    """List the versions that are released."""
    return [s.version for s in catalog.suffixes(store, layout) if isinstance(s, Release)]


def new_act(workspace: Workspace, store: Store, reason: str | None) -> Act:
    """Record who does this now, from which commit, and why."""
    return Act(
        at=store.now().isoformat(timespec="seconds"),
        actor=workspace.ref.actor or workspace.user,
        commit=workspace.checkout.head,
        reason=reason,
    )


def change_and_copy(
    environment: Environment,
    store: Store,
    layout: Layout,
    change: Change,
    notify: Listener,
) -> OperationReport:
    """Change the record of `latest`, then bring its named copies to what it is."""
    found = catalog.find_latest(store, layout)
    before = found[0] if found else None
    notify(Event(subject=layout.project, message=f"changing what latest is in {environment.name}"))
    record = change_latest(store, layout, found, change)
    if record.version is not None:
        copy_latest(store, layout, draft=None)
    return OperationReport(
        environment=environment.name,
        project=layout.project,
        changed=record != before,
        before=before.version if before else None,
        record=record,
    )
