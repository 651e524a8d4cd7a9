"""Reading what is deployed: suffixes to manifests, and bytes that are verified."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.latest_moves import Act, LatestRecord, yanked
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import Tombstone
from hermes_cli.domain.contract.names import parse_project
from hermes_cli.domain.contract.suffixes import Latest, Release, Suffix, feature_of, parse_suffix
from memory_store import MemoryStore
from sample_drafts import LAYOUT, deploy, feature, release


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for version in ("1.9.0", "1.10.0", "2.0rc1"):
        deploy(store, release(version, version))
    deploy(store, feature())
    return store


def test_suffixes_come_in_order_and_odd_objects_are_passed_over(store: MemoryStore) -> None:
    store.objects[LAYOUT.releases + "not a version.json"] = b""
    store.objects[LAYOUT.manifests + "note.txt"] = b""
    found = [str(suffix) for suffix in catalog.suffixes(store, LAYOUT)]
    assert found == ["feature-x", "1.9.0", "1.10.0", "2.0rc1", "latest"]
    other = Layout(LAYOUT.team, parse_project("sal"))
    assert catalog.suffixes(store, other) == []


@pytest.mark.parametrize(
    ("text", "suffix"),
    [("latest", "1.10.0"), ("1.9.0", "1.9.0"), ("feature/x", "feature-x")],
)
def test_a_suffix_resolves_to_its_manifest(store: MemoryStore, text: str, suffix: str) -> None:
    deployed = catalog.resolve(store, LAYOUT, parse_suffix(text))
    assert deployed.manifest.suffix == suffix
    stored = store.get(deployed.url.removeprefix(store.url + "/"))
    assert stored is not None
    assert stored.data == deployed.manifest.encode()


@pytest.mark.parametrize(
    ("suffix", "hint"),
    [
        (feature_of("feature/y"), "did you mean feature-x?"),
        (Release(Version("1.9")), "did you mean 1.9.0?"),
        (Release(Version("1.9.1")), "did you mean 1.9.0?"),
        (Release(Version("77")), "deployed are: feature-x, 1.9.0, 1.10.0, 2.0rc1, latest"),
    ],
    ids=str,
)
def test_what_is_not_there_has_the_nearest_as_its_hint(store: MemoryStore, suffix: Suffix, hint: str) -> None:
    with pytest.raises(catalog.NotDeployed, match="is not deployed in memory://store") as caught:
        catalog.resolve(store, LAYOUT, suffix)
    assert caught.value.advice == hint
    assert (caught.value.hint is None) == hint.startswith("deployed are")
    with pytest.raises(catalog.NotDeployed) as caught:
        catalog.resolve(MemoryStore(), LAYOUT, Latest())
    assert caught.value.hint == "hermes deploy"


def test_what_was_pruned_is_neither_proposed_nor_listed_and_what_is_yanked_is_listed_only(
    store: MemoryStore,
) -> None:
    grave = Tombstone(
        team=LAYOUT.team,
        project=LAYOUT.project,
        suffix="feature-x",
        repo_id="a-repo",
        branch="feature/x",
        pruned="2026-01-01T00:00:00+00:00",
    )
    store.objects[LAYOUT.feature(feature_of("feature/x").slug)] = grave.encode()
    found = catalog.find_latest(store, LAYOUT)
    assert found is not None
    act = Act(at="2026-01-01T00:00:00+00:00", actor=None, commit=None, reason="wrong")
    after = yanked(found[0], Version("1.9.0"), None, (), act)
    assert after is not None
    store.objects[LAYOUT.latest] = after.encode()
    for asked in (feature_of("feature/x"), feature_of("feature/y"), Release(Version("1.9"))):
        with pytest.raises(catalog.NotDeployed) as caught:
            catalog.resolve(store, LAYOUT, asked)
        assert "feature-x" not in (caught.value.advice or "")
        assert caught.value.hint != "did you mean 1.9.0?"
    assert caught.value.note == "deployed are: 1.9.0 (yanked), 1.10.0, 2.0rc1, latest"


def test_latest_is_not_proposed_where_nothing_is_latest() -> None:
    store = MemoryStore()
    deploy(store, release("2.0rc1", "2.0rc1"))
    store.objects[LAYOUT.latest] = LatestRecord(team=LAYOUT.team, project=LAYOUT.project).encode()
    with pytest.raises(catalog.NotDeployed) as caught:
        catalog.resolve(store, LAYOUT, Latest())
    assert caught.value.advice == "deployed are: 2.0rc1"


def test_latest_without_its_release_is_told(store: MemoryStore) -> None:
    del store.objects[LAYOUT.release(Version("1.10.0"))]
    with pytest.raises(
        BrokenDocument, match=r"latest\.json points at release 1\.10\.0, which does not exist"
    ):
        catalog.resolve(store, LAYOUT, Latest())


def test_a_manifest_in_the_wrong_place_is_not_believed(store: MemoryStore) -> None:
    store.objects[LAYOUT.release(Version("1.9.0"))] = store.objects[LAYOUT.release(Version("1.10.0"))]
    with pytest.raises(BrokenDocument, match=r"not of growth/sales@1\.9\.0"):
        catalog.resolve(store, LAYOUT, Release(Version("1.9.0")))


def test_bytes_are_verified(store: MemoryStore) -> None:
    artifact = catalog.resolve(store, LAYOUT, Latest()).manifest.artifacts[0]
    assert catalog.read_artifact(store, artifact) == b"1.10.0"
    store.objects[artifact.key] = b"changed"
    with pytest.raises(HermesError, match="does not match its digest") as caught:
        catalog.read_artifact(store, artifact)
    assert caught.value.hint
    with pytest.raises(HermesError, match="is missing"):
        catalog.read_artifact(store, replace(artifact, key="growth/sales/builds/x"))


def test_one_listing_tells_what_is_released(store: MemoryStore) -> None:
    store.objects["growth/index/odd"] = b""
    store.objects["growth/index/odd/1.0/deep/er"] = b""
    store.objects["growths/index/other/1.0/tree"] = b""
    assert catalog.released_projects(store, LAYOUT.team) == {"sales"}
    assert catalog.released_trees(store, LAYOUT.team) == {
        ("sales", f"tree-{version}"): version for version in ("1.9.0", "1.10.0", "2.0rc1")
    }
