"""The write protocol of one project in one environment: its order and its conditions.

The manifest is the commit point. The builds that it points at are written before it; the named copies and
the index marker are derived from it, come after it, and can be derived again at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.latest_moves import Act, advanced
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import Artifact, Manifest, Owner, read_owner
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Release, Suffix

from .compare_and_swap import ATTEMPTS, change_latest, refuse_retired, too_busy
from .drafts import Draft
from .named_copies import copy_feature, copy_latest, write_copies
from .project_state import ProjectState


@dataclass(frozen=True, kw_only=True)
class Published:
    """A suffix after its deploy: the manifest in force, and for a release the version that is `latest`."""

    manifest: Manifest
    latest: str | None = None


def publish(store: Store, draft: Draft, before: ProjectState) -> Published:
    """Deploy a draft. `before` is the project as it was read; every write has the store compare.

    Raises `Conflict` where another repo owns the name, where the name was retired, where a version is
    released with other content (only unreferenced builds are left then), or where another branch deployed
    under the feature's suffix.
    """
    refuse_retired(draft.layout, before.latest)
    if isinstance(draft.suffix, Feature):
        return _publish_feature(store, draft, draft.suffix, before)
    return _publish_release(store, draft, before)


def claim(store: Store, draft: Draft) -> None:
    """Make this repo the owner of the project's name. Raises `Conflict` where another repo owns it."""
    layout, manifest = draft.layout, draft.manifest
    owner = Owner(
        team=layout.team, project=layout.project, repo_id=manifest.repo_id, created=manifest.created
    )
    other = store.put_new(layout.owner, owner.encode())
    if other is not None:
        check_owner(store.url, layout, manifest.repo_id, other.data)


def check_owner(url: str, layout: Layout, repo_id: str, data: bytes) -> None:
    """Raise `Conflict` where an owner record names another repo."""
    owner = read_owner(data, f"{url}/{layout.owner}")
    if owner.repo_id != repo_id:
        raise Conflict(
            f"the name {layout.project} of team {layout.team} belongs to another repo in {url} "
            f"(repo-id {owner.repo_id}, here {repo_id})",
            hint="rename this project, or take it up in the repo that owns the name",
        )


def _publish_release(store: Store, draft: Draft, before: ProjectState) -> Published:
    layout, version = draft.layout, Version(draft.manifest.version)
    manifest = before.release
    if manifest is None:
        refuse_other_spelling(layout, version, before.suffixes)
        _put_builds(store, draft)
        manifest = _commit(store, draft, version)
    refuse_other_content(layout, manifest, draft.manifest)
    act = Act(at=draft.manifest.created, actor=draft.manifest.actor, commit=draft.manifest.commit)
    record = change_latest(store, layout, before.latest, lambda record: advanced(record, version, act))
    moved = record is not (before.latest[0] if before.latest else None) and record.version == str(version)
    write_copies(store, layout, Release(version), manifest, draft)
    latest = copy_latest(store, layout, draft, manifest if moved else None)
    store.put_new(layout.index_marker(version, draft.manifest.tree), b"")
    return Published(manifest=manifest, latest=latest)


def _commit(store: Store, draft: Draft, version: Version) -> Manifest:
    """Write the manifest of a release, or return the one that somebody else has written."""
    layout = draft.layout
    if store.put_new(layout.release(version), draft.manifest.encode()) is None:
        return draft.manifest
    other = catalog.find_release(store, layout, version)
    if other is None:
        raise HermesError(f"release {version} of {layout.project} vanished while it was read")
    return other


def refuse_other_content(layout: Layout, released: Manifest, ours: Manifest) -> None:
    """Raise `Conflict` where a version is released with other content than ours."""
    if released.content != ours.content:
        raise Conflict(
            f"{layout.project} {ours.version} is released already, with other content "
            f"(released {released.content[:12]} from commit {(released.commit or 'unknown')[:12]}, "
            f"here {ours.content[:12]})",
            hint=f"hermes bump {layout.project}",
        )


def refuse_other_spelling(layout: Layout, version: Version, suffixes: Iterable[Suffix]) -> None:
    """Raise `Conflict` where the version is released under another spelling, as 1.0 and 1.0.0."""
    for suffix in suffixes:
        if isinstance(suffix, Release) and suffix.version == version and str(suffix) != str(version):
            raise Conflict(
                f"{layout.project} {version} is another spelling of {suffix.version}, which is released already",
                hint=f"hermes bump {layout.project}",
            )


def _publish_feature(store: Store, draft: Draft, feature: Feature, before: ProjectState) -> Published:
    """Deploy a feature; the last deploy of a branch wins."""
    layout, found = draft.layout, before.feature
    key, data = layout.feature(feature.slug), draft.manifest.encode()
    wrote_builds = False
    for _ in range(ATTEMPTS):
        deployed = found[0] if found else None  # None too where it was pruned
        if deployed is not None:
            refuse_other_branch(layout, feature, deployed, draft.manifest)
            if is_deployed(deployed, draft):
                copy_feature(store, layout, feature, draft, deployed)
                return Published(manifest=deployed)
        if not wrote_builds:
            _put_builds(store, draft)
            wrote_builds = True
        other = store.replace_if(key, data, found[1]) if found else store.put_new(key, data)
        if other is None:
            copy_feature(store, layout, feature, draft, draft.manifest)
            return Published(manifest=draft.manifest)
        found = catalog.find_feature(store, layout, feature)
    raise too_busy(f"{layout.project}@{feature}")


def refuse_other_branch(layout: Layout, feature: Feature, deployed: Manifest, ours: Manifest) -> None:
    """Raise `Conflict` where another branch or repo deployed under a feature's suffix."""
    if deployed.repo_id != ours.repo_id or deployed.branch != ours.branch:
        raise Conflict(
            f"{layout.project}@{feature} was deployed from branch {deployed.branch} of another "
            + ("repo" if deployed.repo_id != ours.repo_id else "name"),
            hint="rename this branch: git branch -m feature/another-name",
        )


def is_deployed(deployed: Manifest, draft: Draft) -> bool:
    """Tell whether a manifest records the deploy of this very draft; keys may differ by their month."""

    def aligned(mine: tuple[Artifact, ...], theirs: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        keys = {(artifact.sha256, artifact.file): artifact.key for artifact in theirs}
        return tuple(replace(one, key=keys.get((one.sha256, one.file), one.key)) for one in mine)

    ours = draft.manifest
    return deployed.same_deploy(
        replace(
            ours,
            artifacts=aligned(ours.artifacts, deployed.artifacts),
            libraries=aligned(ours.libraries, deployed.libraries),
        )
    )


def _put_builds(store: Store, draft: Draft) -> None:
    for key, data in draft.builds.items():
        if store.put_new(key, data) is not None:
            raise HermesError(
                f"{store.url}/{key} holds other bytes than its digest says: somebody else wrote it",
                hint="tell the owner of the bucket",
            )
