"""The protocol of one project in one environment: its order, and what is left after a crash at every write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Latest, Release
from hermes_cli.usecases.releasing import publish
from hermes_cli.usecases.releasing.drafts import Draft
from hermes_cli.usecases.releasing.project_state import read_state
from memory_store import Killed, MemoryStore, Watched, snapshot
from sample_drafts import LAYOUT, check_copies, check_what_resolves, deploy, feature, release

Opener = Callable[[str], Store]


@pytest.fixture(params=["memory", "local"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens an empty store by a name."""
    if request.param == "local":
        return lambda name: LocalStore(tmp_path / name)
    return lambda name: MemoryStore()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def kinds(keys: list[str]) -> list[str]:
    """What each key is, runs of the same made one."""
    found: list[str] = []
    for key in keys:
        rest = key.removeprefix(LAYOUT.root).removeprefix("manifests/")
        if key.startswith("growth/index/"):
            kind = "index"
        elif rest.endswith((".py", ".whl")) and "/" not in rest:
            kind = "copy of latest" if "latest" in rest else "copy"
        else:
            kind = rest.split("/")[0]
        if found[-1:] != [kind]:
            found.append(kind)
    return found


def test_a_release_writes_what_it_points_at_first_and_the_marker_last(opened: Opener) -> None:
    watched = Watched(opened("a"))
    outcome = deploy(watched, release())
    assert kinds(watched.written) == [
        "owner.json",
        "builds",
        "releases",
        "latest.json",
        "copy",
        "copy of latest",
        "index",
    ]
    assert watched.written[-1] == "growth/index/sales/1.2.0/tree-one"
    assert (outcome.created, outcome.latest) == (True, "1.2.0")
    check_copies(watched)


def test_a_feature_writes_its_builds_its_manifest_and_its_copies(opened: Opener) -> None:
    watched = Watched(opened("a"))
    assert deploy(watched, feature()).created
    assert kinds(watched.written) == ["owner.json", "builds", "features", "copy"]
    check_copies(watched)


@pytest.mark.parametrize("make", [release, feature])
@pytest.mark.parametrize("failure", [Killed, HermesError])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_every_write(
    opened: Opener, make: Callable[..., Draft], failure: type[BaseException], after: bool
) -> None:
    draft = make()
    whole = Watched(opened("whole"))
    deploy(whole, draft)
    assert whole.writes >= 9
    for number in range(whole.writes):
        store = opened(f"at {number}")
        with pytest.raises(failure):
            deploy(Watched(store, fail_at=number, after=after, failure=failure), draft)
        committed = store.get(LAYOUT.manifest(draft.suffix)) is not None
        marks = check_what_resolves(store)
        assert (str(draft.suffix) in marks) == committed
        left = snapshot(store)

        later = replace(draft, manifest=replace(draft.manifest, created="2026-01-03T00:00:00+00:00"))
        again = deploy(store, later)
        assert again.created == (not committed)
        check_copies(store)
        done = snapshot(store)
        assert set(done) == set(snapshot(whole))
        assert {key for key in left if done[key] != left[key]} == set()

        third = Watched(store)
        assert not deploy(third, draft).created
        assert third.written == []
        assert snapshot(store) == done


def test_a_rerun_in_the_next_month_copies_from_what_was_committed(opened: Opener) -> None:
    whole = Watched(opened("whole"))
    deploy(whole, release())
    for number in range(whole.writes):
        store = opened(f"at {number}")
        with pytest.raises(Killed):
            deploy(Watched(store, fail_at=number), release())
        committed = store.get(LAYOUT.release(Version("1.2.0"))) is not None
        deploy(store, release(month="202602"))
        check_copies(store)
        months = {a.key.split("/")[3] for a in catalog.resolve(store, LAYOUT, Latest()).manifest.artifacts}
        assert months == ({"202601"} if committed else {"202602"})


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_crash_other_content_takes_the_version_or_conflicts(opened: Opener, after: bool) -> None:
    whole = Watched(opened("whole"))
    deploy(whole, release())
    for number in range(whole.writes):
        store = opened(f"at {number}")
        with pytest.raises(Killed):
            deploy(Watched(store, fail_at=number, after=after), release())
        if store.get(LAYOUT.release(Version("1.2.0"))) is None:
            deploy(store, release(mark="two"))
            assert check_what_resolves(store)["1.2.0"] == "two"
            check_copies(store)
        else:
            with pytest.raises(Conflict, match="released already, with other content"):
                deploy(store, release(mark="two"))
            assert check_what_resolves(store)["1.2.0"] == "one"


def test_a_conflict_leaves_nothing_behind_and_names_both(store: MemoryStore) -> None:
    deploy(store, release())
    before = snapshot(store)
    with pytest.raises(Conflict) as caught:
        deploy(store, release(mark="two"))
    assert snapshot(store) == before
    ours, theirs = release(mark="two").manifest.content[:12], release().manifest.content[:12]
    assert ours in caught.value.message
    assert theirs in caught.value.message
    assert caught.value.hint == "hermes bump sales"


def test_the_same_content_from_another_commit_adds_a_marker_alone(store: MemoryStore) -> None:
    deploy(store, release())
    watched = Watched(store)
    outcome = deploy(watched, release(tree="another", commit="d00d", created="later", month="202607"))
    assert watched.written == ["growth/index/sales/1.2.0/another"]
    assert not outcome.created
    assert outcome.manifest == release().manifest


def test_copies_are_made_of_what_was_committed_and_not_of_this_run(opened: Opener) -> None:
    whole = Watched(opened("whole"))
    deploy(whole, release())
    committed = whole.written.index(LAYOUT.release(Version("1.2.0")))
    for number in range(committed + 1, whole.writes):
        store = opened(f"at {number}")
        with pytest.raises(Killed):
            deploy(Watched(store, fail_at=number), release())
        deploy(store, release(backend="2"))  # the same content in another wheel
        assert snapshot(store) == snapshot(whole)


def test_a_feature_that_has_not_changed_is_left_as_it_is_in_the_next_month_too(store: MemoryStore) -> None:
    deploy(store, feature())
    watched = Watched(store)
    assert not deploy(watched, feature(month="202602", created="later")).created
    assert watched.written == []
    assert deploy(watched, feature(commit="another")).created


@pytest.mark.parametrize(("first", "second"), [("1.0", "1.0.0"), ("1.0.0", "1"), ("1.0.0", "1.0.0.0")])
def test_another_spelling_of_a_released_version_is_refused(
    store: MemoryStore, first: str, second: str
) -> None:
    deploy(store, release(first))
    before = snapshot(store)
    with pytest.raises(Conflict, match="another spelling") as caught:
        deploy(store, release(second))
    assert caught.value.hint == "hermes bump sales"
    assert snapshot(store) == before


def latest(store: Store) -> tuple[str | None, str | None, list[str]]:
    found = catalog.find_latest(store, LAYOUT)
    assert found is not None
    return found[0].version, found[0].mark, [move.version for move in found[0].moves]


def test_latest_moves_up_only_and_never_to_a_prerelease(store: MemoryStore) -> None:
    assert deploy(store, release("1.0rc1", "rc")).latest is None
    assert catalog.find_latest(store, LAYOUT) is None
    for version, expected in [
        ("1.9.0", "1.9.0"),
        ("1.10.0", "1.10.0"),
        ("1.2.0", "1.10.0"),
        ("2.0.0.dev1", "1.10.0"),
        ("2.0b1", "1.10.0"),
        ("1.10.0.post1", "1.10.0.post1"),
        ("1!0.1", "1!0.1"),
    ]:
        assert deploy(store, release(version, version)).latest == expected
    assert latest(store) == ("1!0.1", "1!0.1", ["1.9.0", "1.10.0", "1.10.0.post1", "1!0.1"])
    check_copies(store)
    deploy(store, release("1.10.0", "1.10.0"))
    assert latest(store)[0] == "1!0.1"
    check_copies(store)


def test_after_a_rollback_only_a_version_above_the_mark_moves_latest(store: MemoryStore) -> None:
    for version in ("1.0.0", "1.1.0"):
        deploy(store, release(version, version))
    found = catalog.find_latest(store, LAYOUT)
    assert found is not None
    rolled_back = replace(found[0], version="1.0.0", mark="1.5.0")
    assert store.replace_if(LAYOUT.latest, rolled_back.encode(), found[1]) is None
    assert deploy(store, release("1.1.0", "1.1.0")).latest == "1.0.0"
    check_copies(store)
    assert deploy(store, release("1.5.0", "1.5.0")).latest == "1.0.0"
    assert deploy(store, release("1.5.1", "1.5.1")).latest == "1.5.1"
    check_copies(store)


def test_the_last_deploy_of_a_branch_wins_and_its_builds_stay(store: MemoryStore) -> None:
    deploy(store, feature(mark="one"))
    first = snapshot(store)
    deploy(store, feature(mark="two"))
    assert check_what_resolves(store) == {"feature-x": "two"}
    check_copies(store)
    builds = {key: data for key, data in first.items() if "/builds/" in key}
    assert builds.items() <= snapshot(store).items()


@pytest.mark.parametrize(
    ("other", "word"),
    [({"repo_id": "another"}, "of another repo"), ({"branch": "feature/y"}, "of another name")],
)
def test_a_feature_that_another_branch_or_repo_holds_is_refused(
    store: MemoryStore, other: dict[str, str], word: str
) -> None:
    deploy(store, feature())
    before = snapshot(store)
    draft = feature(mark="two")
    draft = replace(draft, manifest=replace(draft.manifest, **other))  # type: ignore[arg-type]
    with pytest.raises(Conflict, match=word) as caught:
        publish.publish(store, draft, read_state(store, draft.layout, draft.suffix, ""))
    assert caught.value.hint
    assert snapshot(store) == before


@pytest.mark.parametrize("make", [release, feature])
def test_a_name_that_another_repo_owns_is_refused(store: MemoryStore, make: Callable[..., Draft]) -> None:
    deploy(store, make())
    before = snapshot(store)
    with pytest.raises(Conflict, match="belongs to another repo") as caught:
        deploy(store, make(repo_id="another", mark="two"))
    assert caught.value.hint
    assert snapshot(store) == before


def test_a_copy_of_a_release_that_somebody_changed_is_told_and_left(store: MemoryStore) -> None:
    deploy(store, release())
    key = LAYOUT.script_copy("sales", Release(Version("1.2.0")))
    store.objects[key] = b"changed"
    with pytest.raises(Conflict, match=r"sales-1\.2\.0\.py holds other bytes than its release"):
        deploy(store, release())
    assert store.objects[key] == b"changed"
    assert check_what_resolves(store)["1.2.0"] == "one"


@pytest.mark.parametrize("make", [release, feature])
def test_a_build_that_somebody_changed_stops_the_deploy_before_the_commit(
    store: MemoryStore, make: Callable[..., Draft]
) -> None:
    draft = make()
    store.objects[draft.manifest.artifacts[0].key] = b"changed"
    with pytest.raises(HermesError, match="holds other bytes than its digest says"):
        deploy(store, draft)
    assert check_what_resolves(store) == {}
