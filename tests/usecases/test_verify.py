"""hermes verify: every kind of damage is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput
from hermes_cli.domain.contract.suffixes import Release, feature_of, parse_reference
from hermes_cli.usecases.prune import prune
from hermes_cli.usecases.retire import retire
from hermes_cli.usecases.rollback import rollback
from hermes_cli.usecases.verify import VerifyReport, verify
from hermes_cli.usecases.yank import yank
from memory_store import MemoryStore, Watched, snapshot
from sample_drafts import LAYOUT, feature
from sample_operations import Closed, Stores, branched, make, put, quiet, reach, released, workspace_of

ONE = Version("1.0")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    released(store, "1.0", "1.1")
    branched(store)
    return store


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: MemoryStore) -> Path:
    reach(Stores(dev=store, prod=MemoryStore()), monkeypatch)
    return make(tmp_path, monkeypatch)


def verified(repo: Path, *names: str, environments: tuple[str, ...] = ("dev",)) -> VerifyReport:
    return verify(workspace_of(repo), names, environments, notify=quiet)


def problems(report: VerifyReport) -> dict[str, str]:
    return {one.key: one.problem for one in report.findings}


def test_what_is_as_it_was_recorded_is_no_finding(repo: Path, store: MemoryStore) -> None:
    before = snapshot(store)
    report = verified(repo)
    # Four suffixes: each a manifest, three artifacts with a copy each, and one library of the repo.
    assert (report.suffixes, report.objects, report.findings) == (4, 4 * (1 + 2 * 3 + 1), ())
    assert snapshot(store) == before


def test_what_has_been_operated_on_is_no_finding(repo: Path, store: MemoryStore) -> None:
    workspace = workspace_of(repo)
    rollback(workspace, parse_reference("sales@1.0"), "dev", None, notify=quiet)
    yank(workspace, parse_reference("sales@1.1"), "dev", "bad", None, notify=quiet)
    report = prune(workspace, (), "dev", older_than=None, apply=True, notify=quiet)
    assert len(report.pruned) == 1
    retire(workspace, parse_reference("sales"), "dev", "old", notify=quiet)
    assert verified(repo).findings == ()


def test_builds_that_nothing_points_at_are_no_finding(repo: Path, store: MemoryStore) -> None:
    for key, data in feature(mark="lost").builds.items():
        store.put_new(key, data)
    assert verified(repo).findings == ()


def manifest_of(store: MemoryStore, version: Version = ONE) -> tuple[str, str, str]:
    """The keys of a release's script, library, and library of the same repo."""
    manifest = catalog.resolve(store, LAYOUT, Release(version)).manifest
    assert manifest.library is not None
    return manifest.scripts[0].key, manifest.library.key, manifest.libraries[0].key


def marker(store: MemoryStore, version: str) -> str:
    (found,) = [key for key in store.objects if key.startswith(f"growth/index/sales/{version}/")]
    return found


Damage = Callable[[MemoryStore], str]


def spoil(pick: Damage) -> Damage:
    def work(store: MemoryStore) -> str:
        key = pick(store)
        store.objects[key] += b" and more"
        return key

    return work


def remove(pick: Damage) -> Damage:
    def work(store: MemoryStore) -> str:
        key = pick(store)
        del store.objects[key]
        return key

    return work


def plant(key: str) -> Damage:
    def work(store: MemoryStore) -> str:
        assert store.put_new(key, b"{}") is None
        return key

    return work


ROOT = "growth/sales/"
CASES: dict[str, tuple[Damage, str]] = {
    "other bytes in a script": (spoil(lambda s: manifest_of(s)[0]), "does not match its digest"),
    "other bytes in a wheel": (spoil(lambda s: manifest_of(s)[1]), "does not match its digest"),
    "other bytes in a library": (spoil(lambda s: manifest_of(s)[2]), "does not match its digest"),
    "no script": (remove(lambda s: manifest_of(s)[0]), "is missing"),
    "no library": (remove(lambda s: manifest_of(s)[2]), "is missing"),
    "other bytes in a release's copy": (spoil(lambda s: ROOT + "sales-1.0.py"), "is not what 1.0 is"),
    "other bytes in a feature's copy": (
        spoil(lambda s: ROOT + "sales-feature-x.py"),
        "is not what feature-x is",
    ),
    "other bytes in the wheel of latest": (
        spoil(lambda s: ROOT + "sales-0+latest-py3-none-any.whl"),
        "is not what latest is",
    ),
    "no copy of a release": (remove(lambda s: ROOT + "backfill-1.0.py"), "named copy is missing"),
    "no copy of latest": (remove(lambda s: ROOT + "sales-latest.py"), "named copy is missing"),
    "a foreign copy": (plant(ROOT + "sales-9.9.py"), "nothing that Hermes recorded explains it"),
    "a foreign manifest": (plant(ROOT + "manifests/releases/newest.json"), "nothing that Hermes recorded"),
    "a manifest under another spelling": (
        plant(ROOT + "manifests/releases/v1.json"),
        "nothing that Hermes recorded",
    ),
    "a foreign file among the builds": (
        plant(ROOT + "builds/202001/notes.txt"),
        "nothing that Hermes recorded",
    ),
    "a foreign file": (plant(ROOT + "notes.txt"), "nothing that Hermes recorded"),
    "a manifest that is none": (plant(ROOT + "manifests/releases/9.9.json"), "has no schema number"),
    "a feature that is none": (plant(ROOT + "manifests/features/a-b.json"), "has no schema number"),
    "a foreign marker": (plant("growth/index/sales/9.9/beef"), "marks a release that is not there"),
    "an owner that is none": (spoil(lambda s: LAYOUT.owner), "is not valid JSON"),
    "no owner": (remove(lambda s: LAYOUT.owner), "nothing says which repo owns this name"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_damage_is_found(repo: Path, store: MemoryStore, case: str) -> None:
    damage, says = CASES[case]
    key = damage(store)
    before = snapshot(store)
    report = verified(repo)
    assert [one.key for one in report.findings] == [key]
    (finding,) = report.findings
    assert says in finding.problem
    assert finding.fix
    assert (finding.environment, finding.project) == ("dev", "sales")
    assert snapshot(store) == before


def test_a_deploy_that_was_not_finished_is_found(repo: Path, store: MemoryStore) -> None:
    del store.objects[marker(store, "1.0")]
    assert problems(verified(repo)) == {LAYOUT.release(ONE): "its deploy was not finished"}
    released(store, "1.0")
    assert verified(repo).findings == ()


def test_latest_that_points_nowhere_is_found(repo: Path, store: MemoryStore) -> None:
    del store.objects[LAYOUT.release(Version("1.1"))]
    found = problems(verified(repo))
    assert "points at release 1.1, which does not exist" in found[LAYOUT.latest]
    assert "marks a release that is not there" in found[marker(store, "1.1")]
    assert found[ROOT + "sales-1.1.py"] == "nothing that Hermes recorded explains it"


def test_a_record_that_cannot_be_read_does_not_hide_the_rest(repo: Path, store: MemoryStore) -> None:
    store.objects[LAYOUT.feature(feature_of("feature/x").slug)] = b"{"
    store.objects[manifest_of(store)[0]] = b"x"
    found = problems(verified(repo))
    assert "is not valid JSON" in found[LAYOUT.feature(feature_of("feature/x").slug)]
    assert any("does not match its digest" in problem for problem in found.values())


def test_a_latest_that_cannot_be_read_is_one_finding(repo: Path, store: MemoryStore) -> None:
    store.objects[LAYOUT.latest] = b"{"
    report = verified(repo)
    first = [one for one in report.findings if one.key == LAYOUT.latest]
    assert first
    assert all("is not valid JSON" in one.problem for one in first)


def test_leftovers_of_a_prune_that_was_killed_are_found(
    repo: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(Stores(dev=Watched(store, fail_at=1, failure=HermesError)), monkeypatch)
    with pytest.raises(HermesError, match="stopped"):
        prune(workspace_of(repo), (), "dev", older_than=None, apply=True, notify=quiet)
    reach(Stores(dev=store), monkeypatch)
    left = ("sales-feature-x.py", "backfill-feature-x.py", "sales-0+feature.x-py3-none-any.whl")
    assert problems(verified(repo)) == {ROOT + file: "left over from an earlier deploy" for file in left}


def test_what_may_not_be_read_is_no_finding_but_an_error(
    repo: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(Stores(dev=Closed(store)), monkeypatch)
    with pytest.raises(AccessDenied):
        verified(repo)


def test_what_cannot_be_asked_hides_nothing_else(
    repo: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MemoryStore()
    released(other, "1.0")
    other.objects[ROOT + "sales-1.0.py"] = b"x"
    reach(Stores(local=MemoryStore(), dev=Closed(store), prod=other), monkeypatch)
    report = verified(repo, environments=())
    assert [one.environment for one in report.findings] == ["prod"]
    assert [(one.environment, one.problem, one.exit_code) for one in report.unasked] == [("dev", "no", 5)]


def test_every_environment_is_read_unless_some_are_named(
    repo: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MemoryStore()
    released(other, "1.0")
    other.objects[ROOT + "sales-1.0.py"] = b"x"
    reach(Stores(dev=store, prod=other, local=MemoryStore()), monkeypatch)
    assert [one.environment for one in verified(repo, environments=()).findings] == ["prod"]
    assert verified(repo, "sales").findings == ()
    with pytest.raises(InvalidInput):
        verified(repo, "costs")


def test_the_copy_of_a_script_that_a_branch_dropped_is_left_over(repo: Path, store: MemoryStore) -> None:
    draft = feature(mark="two")
    artifacts = tuple(one for one in draft.manifest.artifacts if one.name != "backfill")
    put(store, replace(draft, manifest=replace(draft.manifest, artifacts=artifacts)))
    assert problems(verified(repo)) == {ROOT + "backfill-feature-x.py": "left over from an earlier deploy"}
