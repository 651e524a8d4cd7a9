"""Reading what is deployed: from a suffix to the manifest, and from there to verified bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from .documents import BrokenDocument
from .errors import HermesError
from .latest_record import LatestRecord, Yank, read_latest
from .layout import Layout, index_prefix
from .manifest import Artifact, Manifest, read_manifest, read_tombstone
from .names import Feature, Latest, Release, Slug, Suffix, TeamName, did_you_mean, is_slug
from .store import Reader


class NotDeployed(HermesError):
    """What was asked for is not deployed there (exit code 1)."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One suffix as it is deployed; for `latest` the manifest is that of the release it stands for."""

    suffix: Suffix
    manifest: Manifest
    url: str
    yank: Yank | None = None


def find_release(store: Reader, layout: Layout, version: Version) -> Manifest | None:
    """A release's manifest, if there is such a release."""
    stored = store.get(layout.release(version))
    if stored is None:
        return None
    return read_manifest(stored.data, _where(store, layout.release(version)), layout, Release(version))


def find_feature(store: Reader, layout: Layout, feature: Feature) -> tuple[Manifest | None, str] | None:
    """A feature's manifest and the tag of its object; None for the first where it was pruned."""
    key = layout.feature(feature.slug)
    stored = store.get(key)
    if stored is None:
        return None
    where = _where(store, key)
    if read_tombstone(stored.data, where) is not None:
        return None, stored.etag
    return read_manifest(stored.data, where, layout, feature), stored.etag


def find_latest(store: Reader, layout: Layout) -> tuple[LatestRecord, str] | None:
    """What `latest` is and the tag of its object, if anything was released."""
    stored = store.get(layout.latest)
    if stored is None:
        return None
    return read_latest(stored.data, _where(store, layout.latest), layout), stored.etag


def latest_release(store: Reader, layout: Layout, record: LatestRecord) -> Manifest | None:
    """The release that `latest` stands for, if anything is latest.

    Raises `BrokenDocument` where it is missing.
    """
    if record.version is None:
        return None
    manifest = find_release(store, layout, Version(record.version))
    if manifest is None:
        raise BrokenDocument(
            f"{_where(store, layout.latest)} points at release {record.version}, which is not there",
            hint="deploy that version again",
        )
    return manifest


def resolve(store: Reader, layout: Layout, suffix: Suffix) -> Deployed:
    """What a suffix stands for. Raises `NotDeployed`, with the nearest that is there."""
    manifest: Manifest | None = None
    latest = None if isinstance(suffix, Feature) else find_latest(store, layout)
    match suffix:
        case Release(version):
            manifest = find_release(store, layout, version)
        case Feature():
            found = find_feature(store, layout, suffix)
            manifest = found[0] if found else None
        case Latest():
            manifest = latest_release(store, layout, latest[0]) if latest else None
    if manifest is None:
        known = _usable(store, layout)
        asked = suffix.branch if isinstance(suffix, Feature) and suffix.branch else str(suffix)
        hint = did_you_mean(asked, known) or did_you_mean(str(suffix), known)
        if hint is None and known:
            hint = "deployed are: " + ", ".join(known[-8:])
        raise NotDeployed(
            f"{layout.project}@{asked} is not deployed in {store.url}", hint=hint or "hermes deploy"
        )
    key = layout.manifest(Release(Version(manifest.version)) if isinstance(suffix, Latest) else suffix)
    yank = latest[0].yank_of(Version(manifest.version)) if latest else None
    return Deployed(suffix=suffix, manifest=manifest, url=_where(store, key), yank=yank)


def _usable(store: Reader, layout: Layout) -> list[str]:
    """Every suffix that may be proposed: what is yanked is none."""
    latest = find_latest(store, layout)
    yanked = {yank.version for yank in latest[0].yanked} if latest else set()
    return [str(one) for one in suffixes(store, layout) if str(one) not in yanked]


def suffixes(store: Reader, layout: Layout) -> list[Suffix]:
    """Every suffix of a project that has a manifest, odd keys aside: features, then releases from old to new."""
    features: list[Suffix] = []
    releases: list[Release] = []
    latest = False
    for entry in store.list(layout.manifests):
        name = entry.key.removesuffix(".json")
        if entry.key == layout.latest:
            latest = True
        elif entry.key.startswith(layout.features):
            slug = name.removeprefix(layout.features)
            if is_slug(slug):
                features.append(Feature(Slug(slug)))
        elif entry.key.startswith(layout.releases):
            version = _parse(name.removeprefix(layout.releases))
            if version is not None:
                releases.append(Release(version))
    releases.sort(key=lambda release: release.version)
    return [*features, *releases, *([Latest()] if latest else [])]


# (project, source tree) to the version that it is released as.
ReleasedTrees = Mapping[tuple[str, str], str]


def released_trees(store: Reader, team: TeamName) -> ReleasedTrees:
    """The released source trees, from one listing and as a hint: a marker is written last."""
    prefix = index_prefix(team)
    return {(project, tree): version for project, version, tree in _markers(store, prefix)}


def released_projects(store: Reader, team: TeamName) -> set[str]:
    """From one listing: the projects of a team that have a release."""
    return {project for project, _, _ in _markers(store, index_prefix(team))}


def _markers(store: Reader, prefix: str) -> Iterator[tuple[str, str, str]]:
    for entry in store.list(prefix):
        parts = entry.key.removeprefix(prefix).split("/")
        if len(parts) == 3 and _parse(parts[1]) is not None:
            yield parts[0], parts[1], parts[2]


def read_artifact(store: Reader, artifact: Artifact) -> bytes:
    """An artifact's bytes. Raises `HermesError` where they are missing or not those recorded."""
    stored = store.get(artifact.key)
    if stored is None:
        raise HermesError(f"{_where(store, artifact.key)} is missing", hint="deploy this version again")
    if hashlib.sha256(stored.data).hexdigest() != artifact.sha256:
        raise HermesError(
            f"{_where(store, artifact.key)} does not match its digest: somebody changed it",
            hint="do not run it; tell the owner of the bucket",
        )
    return stored.data


def _where(store: Reader, key: str) -> str:
    return f"{store.url.rstrip('/')}/{key}"


def _parse(text: str) -> Version | None:
    # Anybody may have put a key into a bucket: only what Hermes would have written is a version.
    try:
        version = Version(text)
    except ValueError:
        return None
    return version if str(version) == text else None
