"""hermes prune: what goes, what stays, and who wins where a deploy is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hermes_cli.adapters.git import all_branches
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.manifest import read_tombstone
from hermes_cli.domain.contract.suffixes import feature_of
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.usecases.prune import PruneReport, prune
from hermes_cli.usecases.repo.workspace import Workspace
from memory_store import MemoryStore, Watched, snapshot, take_turns
from sample_drafts import LAYOUT, Deployed, check_copies, check_what_resolves, deploy, feature, release
from sample_operations import (
    REPO,
    ClockedStore,
    Stores,
    branched,
    make,
    put,
    quiet,
    reach,
    released,
    workspace_of,
)
from sample_repos import sh

X = feature_of("feature/x")


@pytest.fixture
def dev() -> ClockedStore:
    return ClockedStore()


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dev: ClockedStore) -> Path:
    reach(Stores(dev=dev, prod=MemoryStore()), monkeypatch)
    return make(tmp_path, monkeypatch)


def pruned(repo: Path, *, older_than: int | None = None, apply: bool = True) -> PruneReport:
    return prune(workspace_of(repo), ["sales"], "dev", older_than=older_than, apply=apply, notify=quiet)


def what(report: PruneReport) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in report.pruned]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_feature_goes_with_its_branch_and_all_else_stays(repo: Path, dev: ClockedStore) -> None:
    released(dev, "1.0", "1.1")
    before = snapshot(dev)
    branched(dev, "feature/x", mark="x")
    branched(dev, "feature/kept", mark="kept")
    sh(repo, "git", "branch", "feature/kept")
    full = snapshot(dev)

    dry = pruned(repo, apply=False)
    assert (dry.environment, dry.dry_run) == ("dev", True)
    assert what(dry) == [("feature-x", "branch feature/x is gone")]
    assert snapshot(dev) == full

    report = pruned(repo)
    assert (report.dry_run, report.pruned) == (False, dry.pruned)
    tombstone, *copies = report.pruned[0].keys
    assert tombstone == LAYOUT.feature(X.slug)
    assert copies == [
        "growth/sales/sales-feature-x.py",
        "growth/sales/backfill-feature-x.py",
        "growth/sales/sales-0+feature.x-py3-none-any.whl",
    ]
    assert set(full) - set(snapshot(dev)) == set(copies)
    stone = read_tombstone(snapshot(dev)[tombstone], "here")
    assert stone is not None
    assert (stone.branch, stone.repo_id, stone.suffix) == ("feature/x", REPO, "feature-x")
    with pytest.raises(catalog.NotDeployed):
        catalog.resolve(dev, LAYOUT, X)
    kept = {key: data for key, data in snapshot(dev).items() if key in before}
    assert kept == before
    assert pruned(repo).pruned == ()

    branched(dev, "feature/x", mark="x again")
    marks = {}
    for suffix in catalog.suffixes(dev, LAYOUT):
        marks[str(suffix)] = catalog.resolve(dev, LAYOUT, suffix).manifest.content
    assert set(marks) == {"feature-x", "feature-kept", "1.0", "1.1", "latest"}
    check_copies(dev)


def test_a_branch_that_is_only_in_the_remote_is_there(repo: Path, dev: ClockedStore, tmp_path: Path) -> None:
    branched(dev)
    sh(repo, "git", "branch", "feature/x")
    sh(tmp_path, "git", "clone", "-q", str(repo), "clone")
    clone = tmp_path / "clone"
    assert pruned(clone).pruned == ()
    sh(repo, "git", "branch", "-D", "feature/x")
    # That the clone still remembers it from its last fetch does not count.
    assert what(pruned(clone, apply=False)) == [("feature-x", "branch feature/x is gone")]
    sh(clone, "git", "branch", "--no-track", "feature/x")
    assert pruned(clone).pruned == (), "nobody has pushed it yet"


def test_where_the_remote_cannot_be_asked_nothing_is_removed(repo: Path, dev: ClockedStore) -> None:
    branched(dev)
    sh(repo, "git", "remote", "add", "origin", str(repo.parent / "nowhere"))
    before = snapshot(dev)
    with pytest.raises(HermesError):
        pruned(repo)
    assert snapshot(dev) == before


def test_another_repos_features_are_not_touched(repo: Path, dev: ClockedStore) -> None:
    deploy(dev, feature(repo_id="another"))
    dev.time += timedelta(days=400)
    before = snapshot(dev)
    assert pruned(repo, older_than=1).pruned == ()
    assert snapshot(dev) == before


def test_old_features_go_only_where_that_is_asked_for(repo: Path, dev: ClockedStore) -> None:
    sh(repo, "git", "branch", "feature/x")
    dev.time = at("2026-01-02T03:04:05")
    branched(dev, created="2026-01-02T03:04:05+00:00")
    dev.time = at("2026-01-12T03:04:05")
    assert pruned(repo).pruned == ()
    assert pruned(repo, older_than=10).pruned == (), "not more than ten days"
    dev.time += timedelta(seconds=1)
    assert what(pruned(repo, older_than=10)) == [("feature-x", "deployed 10 days ago")]


@pytest.mark.parametrize("created", ["", "yesterday", "2026-01-02T03:04:05", "9" * 40])
def test_a_time_that_hermes_did_not_write_makes_nothing_old(
    repo: Path, dev: ClockedStore, created: str
) -> None:
    sh(repo, "git", "branch", "feature/x")
    branched(dev, created=created)
    dev.time += timedelta(days=400)
    assert pruned(repo, older_than=1).pruned == ()


# builds


def lost_build(dev: ClockedStore, month: str, moment: str) -> str:
    """A build that a deploy left which was killed before its manifest; its key."""
    dev.time = at(moment)
    (key, data), *_ = feature(mark=f"lost in {month}", month=month).builds.items()
    assert dev.put_new(key, data) is None
    return key


@pytest.mark.parametrize(
    ("written", "now", "goes"),
    [
        ("2026-01-02", "2026-01-31T23:59:59", False),  # its month is not over
        ("2026-01-02", "2026-02-01T00:00:00", False),  # a deploy of January may be under way
        ("2026-01-31", "2026-02-07T12:00:00", False),
        ("2026-01-02", "2026-02-07T23:59:59", False),
        ("2026-01-31", "2026-02-08T00:00:01", True),
        ("2026-01-02", "2026-02-08T00:00:01", True),
        ("2026-02-20", "2026-02-22T00:00:00", False),  # by a clock that was off: written now
    ],
)
def test_a_build_goes_a_week_after_its_month(
    repo: Path, dev: ClockedStore, written: str, now: str, goes: bool
) -> None:
    key = lost_build(dev, "202601", written)
    dev.time = at(now)
    before = snapshot(dev)
    dry = pruned(repo, apply=False)
    assert snapshot(dev) == before
    assert [one.keys for one in dry.pruned] == ([(key,)] if goes else [])
    assert pruned(repo).pruned == dry.pruned
    assert (dev.get(key) is None) is goes
    if goes:
        assert (dry.pruned[0].why, dry.pruned[0].size) == ("nothing points at it", len(before[key]))


def test_a_file_that_hermes_did_not_write_is_not_removed(repo: Path, dev: ClockedStore) -> None:
    dev.time = at("2020-01-02")
    assert dev.put_new(LAYOUT.builds + "202001/notes.txt", b"mine") is None
    dev.time = at("2026-01-02")
    assert pruned(repo).pruned == ()


def test_a_deploy_over_the_end_of_a_month_keeps_its_builds(repo: Path, dev: ClockedStore) -> None:
    """The same build was left by a deploy that was killed, so it looks old when it is pointed at anew."""
    draft = feature(mark="x", month="202601")
    draft = replace(draft, manifest=replace(draft.manifest, repo_id=REPO))
    sh(repo, "git", "branch", "feature/x")
    dev.time = at("2026-01-03T00:00:00")
    for key, data in draft.builds.items():
        dev.put_new(key, data)
    dev.time = at("2026-01-31T23:59:00")

    def go(pause: Callable[[], None]) -> Deployed:
        return deploy(Watched(dev, pause=pause), draft)

    def clear(pause: Callable[[], None]) -> PruneReport:
        dev.time = at("2026-02-01T00:01:00")
        return pruned(repo)

    for end in take_turns([0] * 6 + [1, 1, 1], go, clear):
        assert not isinstance(end, BaseException), end
    check_copies(dev)


def test_what_a_manifest_points_at_stays_however_old(repo: Path, dev: ClockedStore) -> None:
    sh(repo, "git", "branch", "feature/kept")
    released(dev, "1.0")
    branched(dev, "feature/kept", mark="kept")
    gone = branched(dev, "feature/x", mark="x")
    libraries = {artifact.key for artifact in (*gone.artifacts, *gone.libraries)}
    dev.time = at("2027-06-01")
    before = snapshot(dev)
    report = pruned(repo)
    assert {one.what for one in report.pruned if one.size == 0} == {"feature-x"}
    assert {one.keys[0] for one in report.pruned if one.size} == libraries
    assert set(check_what_resolves_now(dev)) == {"1.0", "latest", "feature-kept"}
    assert all(key in before for key in snapshot(dev))
    released(dev, "1.0")
    branched(dev, "feature/x", mark="x", month="202706")
    check_copies(dev)


def check_what_resolves_now(store: MemoryStore) -> list[str]:
    """The suffixes that resolve; each is whole."""
    found = []
    for suffix in catalog.suffixes(store, LAYOUT):
        try:
            manifest = catalog.resolve(store, LAYOUT, suffix).manifest
        except catalog.NotDeployed:
            continue
        for artifact in (*manifest.artifacts, *manifest.libraries):
            catalog.read_artifact(store, artifact)
        found.append(str(suffix))
    return found


@pytest.mark.parametrize(
    "broken", [LAYOUT.feature(feature_of("feature/b").slug), LAYOUT.root + "manifests/releases/2.0.json"]
)
def test_a_manifest_that_cannot_be_read_stops_the_removal(repo: Path, dev: ClockedStore, broken: str) -> None:
    lost_build(dev, "202601", "2026-01-02")
    dev.put_new(broken, b'{"schema": 99}')
    branched(dev, "feature/a")
    sh(repo, "git", "branch", *(() if "features" in broken else ("feature/a",)))
    dev.time = at("2026-06-01")
    before = snapshot(dev)
    with pytest.raises(HermesError, match="newer Hermes"):
        pruned(repo)
    assert snapshot(dev) == before


def test_releases_are_never_removed(repo: Path, dev: ClockedStore) -> None:
    released(dev, "1.0", "1.1", "2.0rc1")
    before = snapshot(dev)
    dev.time = at("2030-01-01")
    assert pruned(repo, older_than=1).pruned == ()
    assert snapshot(dev) == before


def test_an_unknown_project_is_refused(repo: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no project 'costs'"):
        prune(workspace_of(repo), ["costs"], "dev", older_than=None, apply=True, notify=quiet)


# a deploy at the same time


def both(
    repo: Path, monkeypatch: pytest.MonkeyPatch, schedule: list[int]
) -> tuple[MemoryStore, PruneReport, Deployed]:
    """Prune and the deploy of the same branch, step by step; none of them may fail."""
    store = MemoryStore()
    branched(store, mark="old")
    draft = feature(mark="new")
    draft = replace(draft, manifest=replace(draft.manifest, repo_id=REPO))

    def clear(pause: Callable[[], None]) -> PruneReport:
        watched = Watched(store, pause=pause)

        def seen(workspace: Workspace, environment: Environment) -> Watched:
            return watched

        monkeypatch.setattr(Workspace, "store", seen)
        return pruned(repo)

    def go(pause: Callable[[], None]) -> Deployed:
        return deploy(Watched(store, pause=pause), draft)

    first, second = take_turns(schedule, clear, go)
    assert isinstance(first, PruneReport), first
    assert isinstance(second, Deployed), second
    return store, first, second


def schedules() -> list[list[int]]:
    """Each overtakes the other at every step; then twice."""
    found = [[0] * step + [1] * 60 for step in range(18)] + [[1] * step + [0] * 60 for step in range(24)]
    return found + [[0] * a + [1] * b + [0] * 60 for a in range(2, 12, 2) for b in range(4, 20)]


def test_a_deploy_at_the_same_time_wins_and_its_copies_are_whole(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = workspace_of(repo)
    assert cached.projects
    branches = all_branches(cached.require_git())
    monkeypatch.setattr("hermes_cli.usecases.prune.all_branches", lambda _: branches)
    monkeypatch.setattr("test_prune.workspace_of", lambda repo: cached)
    ends = set()
    for schedule in schedules():
        store, report, outcome = both(repo, monkeypatch, schedule)
        found = catalog.find_feature(store, LAYOUT, X)
        assert found is not None
        if found[0] is None:
            # Pruned after the deploy had committed: as if it had come later.
            assert report.pruned
        else:
            assert found[0] == outcome.manifest
            assert check_what_resolves(store) == {"feature-x": "new"}
            check_copies(store)
        ends.add((found[0] is None, bool(report.pruned)))
    assert ends == {(True, True), (False, True), (False, False)}


def test_after_prune_and_another_deploy_all_is_whole_wherever_prune_was_killed(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fail_at in range(4):
        for after in (False, True):
            store = MemoryStore()
            branched(store, mark="old")
            released(store, "1.0")
            watched = Watched(store, fail_at=fail_at, after=after, failure=HermesError)
            reach(Stores(dev=watched), monkeypatch)
            with pytest.raises(HermesError, match="stopped"):
                pruned(repo)
            assert {"1.0", "latest"} <= set(check_what_resolves_now(store))
            put(store, feature(mark="new"), release("1.0", mark="content of 1.0"))
            assert check_what_resolves(store)["feature-x"] == "new"
            check_copies(store)


def test_progress_does_not_say_what_the_result_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(Stores(dev=MemoryStore()), monkeypatch)
    workspace = workspace_of(make(tmp_path, monkeypatch))
    branched(workspace.store(workspace.settings.environment("dev")))
    heard: list[str] = []
    report = prune(
        workspace, (), "dev", older_than=None, apply=False, notify=lambda event: heard.append(event.message)
    )
    assert [one.what for one in report.pruned] == ["feature-x"]
    assert not any("feature-x" in message for message in heard)
