"""Read once what a store holds of a project: the plan and the first try of every write begin with it."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.latest_moves import LatestRecord
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import Manifest
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Release, Suffix

LatestFound = tuple[LatestRecord, str] | None  # as `catalog.find_latest` returns it
FeatureFound = tuple[Manifest | None, str] | None  # as `catalog.find_feature` returns it


@dataclass(frozen=True, kw_only=True)
class ProjectState:
    """A project in a store as it was read; others may have changed it since, so every write is conditional.

    `feature` and `release` are the manifests of the suffix to be deployed, `suffixes` all that there are
    (for a release only), and `completed` says whether the index marker of the release is written.
    """

    owner: bytes | None
    latest: LatestFound
    feature: FeatureFound = None
    release: Manifest | None = None
    suffixes: tuple[Suffix, ...] = ()
    completed: bool = False


def read_state(store: Store, layout: Layout, suffix: Suffix, tree: str) -> ProjectState:
    """Read the state of a project for the deploy of a suffix that was built from a source tree."""
    owner = store.get(layout.owner)
    latest = catalog.find_latest(store, layout)
    state = ProjectState(owner=owner.data if owner else None, latest=latest)
    if isinstance(suffix, Feature):
        return ProjectState(
            owner=state.owner, latest=latest, feature=catalog.find_feature(store, layout, suffix)
        )
    version = Version(str(suffix))
    suffixes = tuple(catalog.suffixes(store, layout))
    release = catalog.find_release(store, layout, version) if Release(version) in suffixes else None
    return ProjectState(
        owner=state.owner,
        latest=latest,
        release=release,
        suffixes=suffixes,
        completed=release is not None and store.get(layout.index_marker(version, tree)) is not None,
    )
