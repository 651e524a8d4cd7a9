"""Read what is deployed: from a suffix to its manifest, and from there to verified bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from .documents import BrokenDocument
from .errors import HermesError
from .latest_moves import LatestRecord, Yank, read_latest
from .layout import BuildKey, IndexMarkerKey, Layout, ManifestKey, index_prefix
from .manifest import Artifact, Manifest, read_manifest, read_tombstone
from .names import TeamName, did_you_mean
from .store import Reader
from .suffixes import Feature, Latest, Release, Suffix


class NotDeployed(HermesError):
    """The suffix is not deployed in this environment (exit code 1)."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One suffix as it is deployed; for `latest` the manifest is that of its release."""

    suffix: Suffix
    manifest: Manifest
    url: str
    yank: Yank | None = None


def find_release(store: Reader, layout: Layout, version: Version) -> Manifest | None:
    """Return a release's manifest; None where there is no such release."""
    stored = store.get(layout.release(version))
    if stored is None:
        return None
    return read_manifest(stored.data, _url(store, layout.release(version)), layout, Release(version))


def find_feature(store: Reader, layout: Layout, feature: Feature) -> tuple[Manifest | None, str] | None:
    """Return a feature's manifest (None where it was pruned) and the tag of its object."""
    key = layout.feature(feature.slug)
    stored = store.get(key)
    if stored is None:
        return None
    url = _url(store, key)
    if read_tombstone(stored.data, url) is not None:
        return None, stored.etag
    return read_manifest(stored.data, url, layout, feature), stored.etag


def find_manifest(store: Reader, layout: Layout, suffix: Release | Feature) -> Manifest | None:
    """Return the manifest of a release or a feature; None where it does not exist or was pruned."""
    if isinstance(suffix, Release):
        return find_release(store, layout, suffix.version)
    found = find_feature(store, layout, suffix)
    return found[0] if found else None


def find_latest(store: Reader, layout: Layout) -> tuple[LatestRecord, str] | None:
    """Return the record of `latest` and the tag of its object; None before the first release."""
    stored = store.get(layout.latest)
    if stored is None:
        return None
    return read_latest(stored.data, _url(store, layout.latest), layout), stored.etag


def latest_release(store: Reader, layout: Layout, record: LatestRecord) -> Manifest | None:
    """Return the manifest of the release that `latest` is; None where no release is.

    Raises `BrokenDocument` where it is missing.
    """
    if record.version is None:
        return None
    manifest = find_release(store, layout, Version(record.version))
    if manifest is None:
        raise BrokenDocument(
            f"{_url(store, layout.latest)} points at release {record.version}, which does not exist",
            hint="deploy that version again",
        )
    return manifest


def resolve(store: Reader, layout: Layout, suffix: Suffix) -> Deployed:
    """Return what is deployed under a suffix. Raises `NotDeployed`, whose hint names the nearest suffix."""
    latest = None if isinstance(suffix, Feature) else find_latest(store, layout)
    if isinstance(suffix, Latest):
        manifest = latest_release(store, layout, latest[0]) if latest else None
    else:
        manifest = find_manifest(store, layout, suffix)
    if manifest is None:
        known = _deployed(store, layout)
        usable = [name for name, yanked in known.items() if not yanked]
        asked = suffix.branch if isinstance(suffix, Feature) and suffix.branch else str(suffix)
        hint = did_you_mean(asked, usable) or did_you_mean(str(suffix), usable)
        raise NotDeployed(
            f"{layout.project}@{asked} is not deployed in {store.url}",
            hint=hint or (None if known else "hermes deploy"),
            note="deployed are: "
            + ", ".join([name + " (yanked)" * yanked for name, yanked in known.items()][-8:]),
        )
    key = layout.manifest(Release(Version(manifest.version)) if isinstance(suffix, Latest) else suffix)
    yank = latest[0].yank_of(Version(manifest.version)) if latest else None
    return Deployed(suffix=suffix, manifest=manifest, url=_url(store, key), yank=yank)


def _deployed(store: Reader, layout: Layout) -> dict[str, bool]:
    """Return every suffix that is deployed, and whether it is yanked."""
    latest = find_latest(store, layout)
    yanked = {yank.version for yank in latest[0].yanked} if latest else set()
    known = suffixes(store, layout)
    if latest and latest[0].version is None:
        known.remove(Latest())
    return {str(one): str(one) in yanked for one in known if not _is_pruned(store, layout, one)}


def _is_pruned(store: Reader, layout: Layout, suffix: Suffix) -> bool:
    stored = store.get(layout.feature(suffix.slug)) if isinstance(suffix, Feature) else None
    return stored is not None and read_tombstone(stored.data, stored.etag) is not None


def suffixes(store: Reader, layout: Layout) -> list[Suffix]:
    """Return every suffix of a project that has a manifest: features, releases from old to new, `latest`."""
    keys = [Layout.parse(entry.key) for entry in store.list(layout.manifests)]
    found = [key.suffix for key in keys if isinstance(key, ManifestKey)]
    releases = [suffix for suffix in found if isinstance(suffix, Release)]
    return [
        *(suffix for suffix in found if isinstance(suffix, Feature)),
        *sorted(releases, key=lambda release: release.version),
        *(suffix for suffix in found if isinstance(suffix, Latest)),
    ]


# (project, source tree) to the version that it is released as.
ReleasedTrees = Mapping[tuple[str, str], str]


def released_trees(store: Reader, team: TeamName) -> ReleasedTrees:
    """Return the released source trees, by one listing. It is a hint: a marker is written last."""
    return {(key.layout.project, key.tree): str(key.version) for key in _markers(store, team)}


def released_projects(store: Reader, team: TeamName) -> set[str]:
    """Return the projects of a team that have a release, by one listing."""
    return {key.layout.project for key in _markers(store, team)}


def _markers(store: Reader, team: TeamName) -> Iterator[IndexMarkerKey]:
    for entry in store.list(index_prefix(team)):
        key = Layout.parse(entry.key)
        if isinstance(key, IndexMarkerKey):
            yield key


def read_artifact(store: Reader, artifact: Artifact) -> bytes:
    """Return an artifact's bytes. Raises `HermesError` where they are missing or not those recorded."""
    return _read_verified(store, artifact.key, artifact.sha256)


def read_build(store: Reader, build: BuildKey) -> bytes:
    """Return the bytes below a build's key. Raises `HermesError` where they are missing or not those it names."""
    return _read_verified(store, str(build), build.sha256)


def _read_verified(store: Reader, key: str, sha256: str) -> bytes:
    stored = store.get(key)
    if stored is None:
        raise HermesError(f"{_url(store, key)} is missing", hint="deploy this version again")
    if hashlib.sha256(stored.data).hexdigest() != sha256:
        raise HermesError(
            f"{_url(store, key)} does not match its digest: somebody changed it",
            hint="do not run it; tell the owner of the bucket",
        )
    return stored.data


def _url(store: Reader, key: str) -> str:
    return f"{store.url.rstrip('/')}/{key}"
