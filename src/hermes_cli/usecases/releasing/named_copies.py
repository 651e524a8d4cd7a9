"""Write the named copies: derived from a committed manifest, they can be derived again at any time."""

from __future__ import annotations

from collections.abc import Callable

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.layout import LIBRARY, Layout
from hermes_cli.domain.contract.manifest import Artifact, Manifest
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Latest, Release, Suffix

from .compare_and_swap import ATTEMPTS, too_busy
from .drafts import Draft


def copy_latest(
    store: Store, layout: Layout, draft: Draft | None, moved_to: Manifest | None = None
) -> str | None:
    """Write the copies of `latest`, again for as long as it moves meanwhile, and return its version.

    `moved_to` is the release that the caller has just moved `latest` to. The bytes of a `draft` are at
    hand; others are read from the store.
    """

    def current(known: Manifest | None) -> Manifest | None:
        found = catalog.find_latest(store, layout)
        if found is None or (known is not None and found[0].version == known.version):
            return known if found else None  # a release never changes
        return catalog.latest_release(store, layout, found[0])

    manifest = _copy_until_settled(store, layout, Latest(), draft, current, moved_to)
    return manifest.version if manifest else None


def copy_feature(
    store: Store,
    layout: Layout,
    feature: Feature,
    draft: Draft | None,
    deployed: Manifest | None = None,
) -> None:
    """Write the copies of a feature, again for as long as it is deployed meanwhile.

    `deployed` is the manifest that the caller has just read or written.
    """

    def current(_: Manifest | None) -> Manifest | None:
        found = catalog.find_feature(store, layout, feature)
        return found[0] if found else None

    _copy_until_settled(store, layout, feature, draft, current, deployed)


def _copy_until_settled(
    store: Store,
    layout: Layout,
    suffix: Suffix,
    draft: Draft | None,
    current: Callable[[Manifest | None], Manifest | None],
    manifest: Manifest | None,
) -> Manifest | None:
    manifest = manifest or current(None)
    for _ in range(ATTEMPTS):
        if manifest is None:
            return None
        write_copies(store, layout, suffix, manifest, draft)
        now = current(manifest)
        if now == manifest:
            return manifest
        manifest = now
    raise too_busy(f"{layout.project}@{suffix}")


def copy_key(layout: Layout, suffix: Suffix, artifact: Artifact) -> str:
    """Return the key of an artifact's named copy."""
    if artifact.kind == LIBRARY:
        return layout.library_copy(artifact.name, suffix)
    return layout.script_copy(artifact.name, suffix)


def copy_keys(layout: Layout, suffix: Suffix, manifest: Manifest) -> tuple[str, ...]:
    """Return the keys of a suffix's named copies."""
    return tuple(copy_key(layout, suffix, artifact) for artifact in manifest.artifacts)


def copy_of(suffix: Suffix, artifact: Artifact, data: bytes) -> bytes:
    """Return the bytes of a named copy: the artifact, or for `latest` the library restamped to that name."""
    if artifact.kind == LIBRARY and isinstance(suffix, Latest):  # it carries the version of its release
        from hermes_cli.adapters.wheels import read_wheel, restamp

        return restamp(read_wheel(artifact.file, data), suffix.wheel_version).data
    return data


def write_copies(
    store: Store, layout: Layout, suffix: Suffix, manifest: Manifest, draft: Draft | None
) -> None:
    """Write the named copies of a manifest's artifacts, from the builds that it points at."""
    for artifact in manifest.artifacts:
        key, data = copy_key(layout, suffix, artifact), _copied(store, suffix, artifact, draft)
        if isinstance(suffix, Release):
            _put_copy_of_release(store, key, data)
        else:
            _put_copy(store, key, data)


def _copied(store: Store, suffix: Suffix, artifact: Artifact, draft: Draft | None) -> bytes:
    at_hand = draft.builds.get(artifact.key) if draft else None
    if draft and draft.library and at_hand and artifact.kind == LIBRARY:
        return draft.library.at(suffix.wheel_version)
    return copy_of(suffix, artifact, at_hand or catalog.read_artifact(store, artifact))


def _put_copy_of_release(store: Store, key: str, data: bytes) -> None:
    if store.put_new(key, data) is not None:
        raise Conflict(
            f"{store.url}/{key} holds other bytes than its release: somebody else wrote it",
            hint="tell the owner of the bucket; what runs by the manifest is not affected",
        )


def _put_copy(store: Store, key: str, data: bytes) -> None:
    there = store.get(key)
    for _ in range(ATTEMPTS):
        if there is not None and there.data == data:
            return
        try:
            there = store.replace_if(key, data, there.etag) if there else store.put_new(key, data)
        except Conflict:  # prune removed it in between
            there = None
            continue
        if there is None:
            return
    raise HermesError(f"{store.url}/{key} was changed by others again and again", hint="run it again")
