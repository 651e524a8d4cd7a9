"""hermes prune: remove features that nobody needs, and builds that nothing points at. Never a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hermes_cli.adapters.git import all_branches
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.layout import BuildKey, Layout
from hermes_cli.domain.contract.manifest import Manifest, Tombstone
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Latest
from hermes_cli.domain.events import Event, Listener
from hermes_cli.usecases.releasing.named_copies import copy_feature, copy_keys
from hermes_cli.usecases.releasing.operations import chosen_environment
from hermes_cli.usecases.repo.workspace import Workspace

# A deploy that began at the end of a month commits in the next: its builds stay for this time.
BUILD_GRACE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """A feature or a build that is (or would be) removed, and the reason; `size` in bytes."""

    project: str
    what: str
    why: str
    keys: tuple[str, ...]
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class PruneReport:
    """The features and builds that were removed, or for a dry run would be."""

    environment: str
    dry_run: bool
    pruned: tuple[Pruned, ...]


def prune(
    workspace: Workspace,
    names: Sequence[str],
    environment: str | None,
    *,
    older_than: int | None,
    apply: bool,
    notify: Listener,
) -> PruneReport:
    """Remove features whose branch is gone or whose deploy is more than `older_than` days ago, and stale builds."""
    chosen = chosen_environment(workspace, environment)
    store = workspace.store(chosen)
    now = store.now()
    branches = all_branches(workspace.require_git())
    pruned: list[Pruned] = []
    for project in workspace.select(names):
        layout = workspace.layout(project.name)
        notify(Event(subject=project.name, message="looking for what nobody needs"))
        for feature, manifest, etag in list(_features(store, layout)):
            why = _reason_to_remove(manifest, workspace.settings.repo_id, branches, older_than, now)
            if why is None:
                continue
            keys = (layout.feature(feature.slug), *copy_keys(layout, feature, manifest))
            if not apply or _remove_feature(store, layout, feature, manifest, etag, now):
                pruned.append(Pruned(project=project.name, what=str(feature), why=why, keys=keys))
        stale = list(_stale_builds(store, layout, now))
        pruned.extend(stale)
        if apply:
            for build in stale:
                store.delete(build.keys[0])
    return PruneReport(environment=chosen.name, dry_run=not apply, pruned=tuple(pruned))


def _features(store: Store, layout: Layout) -> Iterator[tuple[Feature, Manifest, str]]:
    for suffix in catalog.suffixes(store, layout):
        if isinstance(suffix, Feature):
            found = catalog.find_feature(store, layout, suffix)
            if found is not None and found[0] is not None:
                yield suffix, found[0], found[1]


def _reason_to_remove(
    manifest: Manifest, repo_id: str, branches: frozenset[str], older_than: int | None, now: datetime
) -> str | None:
    """Return why a feature is to be removed; None where it stays."""
    if manifest.repo_id != repo_id:
        return None
    if manifest.branch not in branches:
        return f"branch {manifest.branch} is gone"
    if older_than is None:
        return None
    try:
        age = now - datetime.fromisoformat(manifest.created)
    except (ValueError, TypeError):  # Hermes did not write this time, so the feature stays
        return None
    return f"deployed {age.days} days ago" if age > timedelta(days=older_than) else None


def _remove_feature(
    store: Store, layout: Layout, feature: Feature, manifest: Manifest, etag: str, now: datetime
) -> bool:
    """Write a tombstone, so that nothing resolves, then delete the copies; False where a deploy was quicker."""
    tombstone = Tombstone(
        team=layout.team,
        project=layout.project,
        suffix=str(feature),
        repo_id=manifest.repo_id,
        branch=manifest.branch,
        pruned=now.isoformat(timespec="seconds"),
    )
    if store.replace_if(layout.feature(feature.slug), tombstone.encode(), etag) is not None:
        return False
    for key in copy_keys(layout, feature, manifest):
        store.delete(key)
    # A deploy in between has written copies that may be gone now.
    copy_feature(store, layout, feature, None)
    return True


def _stale_builds(store: Store, layout: Layout, now: datetime) -> Iterator[Pruned]:
    """Yield the builds of earlier months that no manifest points at."""
    # A deploy may point at an old build again until its month is over, or a little longer where it is
    # under way. So the builds are listed before the manifests are read.
    month = f"{now - BUILD_GRACE:%Y%m}"
    old = [
        entry
        for entry in store.list(layout.builds)
        if isinstance(key := Layout.parse(entry.key), BuildKey)
        and key.month < month
        and entry.modified < now - BUILD_GRACE
    ]
    if not old:
        return
    needed = {
        artifact.key
        for manifest in _manifests(store, layout)
        for artifact in (*manifest.artifacts, *manifest.libraries)
    }
    for entry in old:
        if entry.key not in needed:
            what = entry.key.removeprefix(layout.root)
            yield Pruned(
                project=layout.project,
                what=what,
                why="nothing points at it",
                keys=(entry.key,),
                size=entry.size,
            )


def _manifests(store: Store, layout: Layout) -> Iterator[Manifest]:
    """Yield every manifest. Raises `HermesError` where one cannot be read: its builds are unknown then."""
    for suffix in catalog.suffixes(store, layout):
        if isinstance(suffix, Latest):
            continue
        try:
            manifest = catalog.find_manifest(store, layout, suffix)
        except HermesError as error:
            raise HermesError(
                f"no build of {layout.project} was removed: {error.message}", hint=error.hint
            ) from error
        if manifest is not None:
            yield manifest
