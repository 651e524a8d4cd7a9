"""The protocol of one project in one environment: what is written, in which order, under which condition.

The manifest is the commit point. What it points at is there before it; what is derived from it
(the named copies, the index marker) comes after it, and can always be derived again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.latest_record import Act, advanced
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import Artifact, Manifest, Owner, read_owner
from hermes_cli.domain.contract.names import Feature, Release, Suffix
from hermes_cli.domain.contract.store import Store

from .latest_pointer import ATTEMPTS, change_latest, refuse_retired, too_busy
from .named_copies import copy_feature, copy_latest, write_copies


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a suffix is to become: its manifest, and the bytes that this points at, by key."""

    layout: Layout
    suffix: Suffix
    manifest: Manifest
    builds: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it: the manifest that is in force, whether it was written now, what `latest` is."""

    manifest: Manifest
    created: bool
    latest: str | None = None


def claim(store: Store, layout: Layout, repo_id: str, created: str) -> None:
    """Make this repo the owner of the project's name. Raises `Conflict` where another one is."""
    owner = Owner(team=layout.team, project=layout.project, repo_id=repo_id, created=created)
    there = store.put_new(layout.owner, owner.encode())
    if there is not None:
        check_owner(store, layout, repo_id, there.data)


def check_owner(store: Store, layout: Layout, repo_id: str, data: bytes) -> None:
    """Raises `Conflict` where an owner record names another repo."""
    owner = read_owner(data, f"{store.url}/{layout.owner}")
    if owner.repo_id != repo_id:
        raise Conflict(
            f"the name {layout.project} of team {layout.team} belongs to another repo in {store.url} "
            f"(repo-id {owner.repo_id}, here {repo_id})",
            hint="rename this project, or take it up in the repo that owns the name",
        )


def publish_release(store: Store, draft: Draft, version: Version, *, planned: bool = False) -> Outcome:
    """Release a version, or complete its release.

    Where it was `planned` as a new one, the store was asked then whether there is such a release, and the
    commit asks it again. Raises `Conflict` where the version is released with other content; nothing but
    unreferenced builds is then left.
    """
    layout = draft.layout
    found = catalog.find_latest(store, layout)
    refuse_retired(layout, found)
    manifest = None if planned else catalog.find_release(store, layout, version)
    created = manifest is None
    if manifest is None:
        if not planned:
            refuse_other_spelling(layout, version, catalog.suffixes(store, layout))
        _put_builds(store, draft)
        there = store.put_new(layout.release(version), draft.manifest.encode())
        manifest = draft.manifest if there is None else catalog.find_release(store, layout, version)
        created = there is None
        if manifest is None:
            raise HermesError(f"release {version} of {layout.project} vanished while it was read")
    if manifest.content != draft.manifest.content:
        raise conflict(layout, version, manifest, draft.manifest.content)
    act = Act(at=draft.manifest.created, actor=draft.manifest.actor, commit=draft.manifest.commit)
    record = change_latest(store, layout, lambda record: advanced(record, version, act), read=(found,))
    write_copies(store, layout, Release(version), manifest, draft.builds)
    # What was read before the builds were written may be old by now; what was just written is not.
    moved = record is not (found[0] if found else None)
    latest = copy_latest(store, layout, draft.builds, record=record if moved else None, known=manifest)
    marker = layout.index_marker(version, draft.manifest.tree)
    store.put_new(marker, b"")
    return Outcome(manifest=manifest, created=created, latest=latest)


def conflict(layout: Layout, version: Version, there: Manifest, content: str) -> Conflict:
    """The refusal to release a version with other content than it has."""
    return Conflict(
        f"{layout.project} {version} is released already, with other content "
        f"(released {there.content[:12]} from commit {(there.commit or 'unknown')[:12]}, here {content[:12]})",
        hint=f"hermes bump {layout.project}",
    )


def refuse_other_spelling(layout: Layout, version: Version, there: Iterable[Suffix]) -> None:
    """Raises `Conflict` where the version is there under another spelling, as 1.0 and 1.0.0."""
    for suffix in there:
        if isinstance(suffix, Release) and suffix.version == version and str(suffix) != str(version):
            raise Conflict(
                f"{layout.project} {version} is another spelling of {suffix.version}, which is released already",
                hint=f"hermes bump {layout.project}",
            )


def publish_feature(store: Store, draft: Draft, feature: Feature) -> Outcome:
    """Deploy a feature; the last deploy of a branch wins.

    Raises `Conflict` where another repo or branch deployed under this suffix.
    """
    layout = draft.layout
    refuse_retired(layout, catalog.find_latest(store, layout))
    wrote_builds = False
    for _ in range(ATTEMPTS):
        found = catalog.find_feature(store, layout, feature)
        deployed = found[0] if found else None  # None too where it was pruned
        if deployed is not None:
            refuse_other_branch(layout, feature, deployed, draft.manifest)
            if is_deployed(deployed, draft):
                copy_feature(store, layout, feature, draft.builds, first=deployed)
                return Outcome(manifest=deployed, created=False)
        if not wrote_builds:
            _put_builds(store, draft)
            wrote_builds = True
        key, data = layout.feature(feature.slug), draft.manifest.encode()
        there = store.replace_if(key, data, found[1]) if found else store.put_new(key, data)
        if there is None:
            copy_feature(store, layout, feature, draft.builds, first=draft.manifest)
            return Outcome(manifest=draft.manifest, created=True)
    raise too_busy(f"{layout.project}@{feature}")


def refuse_other_branch(layout: Layout, feature: Feature, there: Manifest, ours: Manifest) -> None:
    """Raises `Conflict` where a feature's suffix is taken by another branch or repo."""
    if there.repo_id != ours.repo_id or there.branch != ours.branch:
        raise Conflict(
            f"{layout.project}@{feature} was deployed from branch {there.branch} of another "
            + ("repo" if there.repo_id != ours.repo_id else "name"),
            hint="rename this branch: git branch -m feature/another-name",
        )


def is_deployed(there: Manifest, draft: Draft) -> bool:
    """Whether a manifest records the very deploy that a draft is for; keys may differ by their month."""

    def aligned(mine: tuple[Artifact, ...], theirs: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        keys = {(artifact.sha256, artifact.file): artifact.key for artifact in theirs}
        return tuple(replace(one, key=keys.get((one.sha256, one.file), one.key)) for one in mine)

    ours = draft.manifest
    return there.same_deploy(
        replace(
            ours,
            artifacts=aligned(ours.artifacts, there.artifacts),
            libraries=aligned(ours.libraries, there.libraries),
        )
    )


def _put_builds(store: Store, draft: Draft) -> None:
    for key, data in draft.builds.items():
        there = store.put_new(key, data)
        if there is not None:
            raise HermesError(
                f"{store.url}/{key} holds other bytes than its digest says: somebody else wrote it",
                hint="tell the owner of the bucket",
            )
