"""hermes rollback, yank and retire: what they record, copy and refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.catalog import NotDeployed
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput, Refused
from hermes_cli.domain.contract.suffixes import parse_reference, parse_suffix
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.usecases.releasing.lookup import refuse_yanked
from hermes_cli.usecases.releasing.operations import OperationReport
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.retire import retire as retire_by_hand
from hermes_cli.usecases.rollback import rollback as rollback_by_hand
from hermes_cli.usecases.yank import yank as yank_by_hand
from memory_store import MemoryStore, Watched, snapshot, take_turns
from sample_drafts import LAYOUT, Deployed, check_copies, check_what_resolves, deploy, feature, release
from sample_operations import FOLDERS, REPO, Stores, latest, make, put, quiet, reach, released, workspace_of
from sample_repos import HERMES, commit, write


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    found = Stores(dev=MemoryStore(), prod=MemoryStore())
    reach(found, monkeypatch)
    return found


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stores: Stores) -> Path:
    return make(tmp_path, monkeypatch)


def rollback(repo: Path, target: str, environment: str | None = "prod") -> OperationReport:
    return rollback_by_hand(
        workspace_of(repo), parse_reference(target), environment, "wrong totals", notify=quiet
    )


def yank(repo: Path, target: str, to: str | None = None, environment: str | None = "prod") -> OperationReport:
    back = Version(to) if to else None
    reference = parse_reference(target)
    return yank_by_hand(workspace_of(repo), reference, environment, "counts twice", back, notify=quiet)


def retire(repo: Path, environment: str | None = "prod", target: str = "sales") -> OperationReport:
    reference = parse_reference(target)
    return retire_by_hand(workspace_of(repo), reference, environment, "replaced", notify=quiet)


def test_a_rollback_moves_latest_and_its_copies_and_nothing_else(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0", "1.1")
    before, other = snapshot(prod), snapshot(stores["dev"])
    report = rollback(repo, "sales@1.0")
    assert (report.environment, report.project, report.changed) == ("prod", "sales", True)
    assert (report.before, report.record.version, report.record.mark) == ("1.1", "1.0", "1.1")
    assert report.record == latest(prod)
    move = report.record.moves[-1]
    assert (move.kind, move.version) == ("rollback", "1.0")
    assert (move.act.actor, move.act.reason) == ("Some One", "wrong totals")
    assert move.act.commit == workspace_of(repo).checkout.head
    assert move.act.at.startswith("2026-01-02T")
    changed = {key for key, data in snapshot(prod).items() if before.get(key) != data}
    assert changed == {
        LAYOUT.latest,
        "growth/sales/sales-latest.py",
        "growth/sales/backfill-latest.py",
        "growth/sales/sales-0+latest-py3-none-any.whl",
    }
    assert set(before) == set(snapshot(prod))
    check_copies(prod)
    assert snapshot(stores["dev"]) == other


def test_a_rollback_is_not_undone_by_what_is_deployed_already(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0", "1.1")
    rollback(repo, "sales@1.0")
    released(prod, "1.1", "1.0")
    assert latest(prod).version == "1.0"
    check_copies(prod)
    released(prod, "1.2")
    assert latest(prod).version == "1.2"
    check_copies(prod)


def test_a_second_rollback_to_the_same_is_nothing_but_mends_the_copies(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0", "1.1")
    rollback(repo, "sales@1.0")
    before = snapshot(prod)
    prod.delete("growth/sales/sales-latest.py")
    report = rollback(repo, "sales@1.0")
    assert (report.changed, report.before) == (False, "1.0")
    assert snapshot(prod) == before


def test_a_yank_is_recorded_and_latest_never_goes_there(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0", "1.1", "1.2")
    assert yank(repo, "sales@1.1").record.version == "1.2"
    before = snapshot(prod)
    with pytest.raises(InvalidInput, match=r"latest is 1\.2"):
        yank(repo, "sales@1.2")
    with pytest.raises(Conflict, match=r"1\.1 is yanked \(counts twice\)"):
        yank(repo, "sales@1.2", to="1.1")
    with pytest.raises(InvalidInput, match="which is to be yanked"):
        yank(repo, "sales@1.2", to="1.2")
    with pytest.raises(Conflict):
        rollback(repo, "sales@1.1")
    with pytest.raises(NotDeployed):
        yank(repo, "sales@1.2", to="0.1")
    assert snapshot(prod) == before
    report = yank(repo, "sales@1.2", to="1.0")
    assert (report.before, report.record.version, report.record.mark) == ("1.2", "1.0", "1.2")
    assert [one.version for one in report.record.yanked] == ["1.1", "1.2"]
    assert {one.act.reason for one in report.record.yanked} == {"counts twice"}
    assert not yank(repo, "sales@1.2").changed
    check_copies(prod)
    released(prod, "1.2", "1.1")
    assert latest(prod).version == "1.0"


def test_what_is_yanked_says_so_where_it_is_asked_for(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0", "1.1")
    yank(repo, "sales@1.1", to="1.0")
    deployed = catalog.resolve(prod, LAYOUT, parse_suffix("1.1"))
    with pytest.raises(Conflict, match=r"sales 1\.1 is yanked: counts twice") as caught:
        refuse_yanked(deployed)
    assert "--force" in (caught.value.hint or "")
    for suffix in ("1.0", "latest"):
        refuse_yanked(catalog.resolve(prod, LAYOUT, parse_suffix(suffix)))


def test_nothing_is_deployed_under_a_retired_name_and_all_stays(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "1.0")
    marks = check_what_resolves(prod)
    report = retire(repo)
    assert (report.changed, report.before, report.record.version) == (True, "1.0", "1.0")
    assert not retire(repo).changed
    before = snapshot(prod)
    for draft in (release("1.1"), release("1.0", mark="content of 1.0"), feature()):
        with pytest.raises(Conflict, match=r"was retired on 2026-01-02 \(replaced\)") as caught:
            put(prod, draft)
        assert caught.value.hint == "take it out of this repo: git rm -r sales"
    assert snapshot(prod) == before
    assert check_what_resolves(prod) == marks
    released(stores["dev"], "1.1")  # elsewhere it is not retired


def test_a_name_can_be_retired_before_its_first_release(repo: Path, stores: Stores) -> None:
    put(stores["dev"], feature())
    report = retire(repo, "dev")
    assert (report.changed, report.before, report.record.version) == (True, None, None)
    with pytest.raises(Conflict, match="was retired"):
        put(stores["dev"], feature(mark="two"))
    with pytest.raises(NotDeployed):
        catalog.resolve(stores["dev"], LAYOUT, parse_suffix("latest"))


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("sales@1.0", "hermes yank sales@1.0"),
        ("sales@latest", "hermes retire sales"),
        ("sales@feature-x", "hermes retire sales"),
    ],
)
def test_a_suffix_is_not_retired(repo: Path, stores: Stores, target: str, command: str) -> None:
    released(stores["prod"], "1.0", "1.1")
    before = snapshot(stores["prod"])
    with pytest.raises(InvalidInput, match=target) as caught:
        retire(repo, target=target)
    assert command in (caught.value.hint or "")
    assert snapshot(stores["prod"]) == before


def test_a_script_is_not_operated_on(repo: Path, stores: Stores) -> None:
    released(stores["prod"], "1.0", "1.1")
    before = snapshot(stores["prod"])
    for operation in (rollback, yank):
        with pytest.raises(InvalidInput, match=r"sales/backfill@1\.0 names a script"):
            operation(repo, "sales/backfill@1.0")
    with pytest.raises(InvalidInput, match="sales/backfill names a script"):
        retire(repo, target="sales/backfill")
    assert snapshot(stores["prod"]) == before


OPERATIONS: list[Callable[[Path], OperationReport]] = [
    lambda repo: rollback(repo, "sales@1.0"),
    lambda repo: yank(repo, "sales@1.1", to="1.0"),
    retire,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=["rollback", "yank", "retire"])
def test_what_belongs_to_another_repo_is_left_to_it(
    operation: Callable[[Path], OperationReport], repo: Path, stores: Stores
) -> None:
    prod = stores["prod"]
    with pytest.raises(NotDeployed, match="never deployed to prod"):
        operation(repo)
    assert snapshot(prod) == {}
    for version in ("1.0", "1.1"):
        deploy(prod, release(version, mark=version, repo_id="another"))
    before = snapshot(prod)
    with pytest.raises(Conflict, match="belongs to another repo"):
        operation(repo)
    assert snapshot(prod) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=["rollback", "yank", "retire"])
def test_where_ci_releases_only_ci_on_the_default_branch_operates(
    operation: Callable[[Path], OperationReport], repo: Path, stores: Stores
) -> None:
    write(repo, {"hermes.toml": HERMES + FOLDERS.replace('"anywhere"', '"ci"')})
    commit(repo)
    released(stores["prod"], "1.0", "1.1")
    before = snapshot(stores["prod"])
    with pytest.raises(Refused, match=r"changed by CI on the default branch: .*laptop") as caught:
        operation(repo)
    assert "release-from" in (caught.value.hint or "")
    assert snapshot(stores["prod"]) == before


def test_a_reference_must_name_a_version_that_is_there(repo: Path, stores: Stores) -> None:
    released(stores["prod"], "1.0")
    before = snapshot(stores["prod"])
    for target in ("sales", "sales@latest", "sales@feature-x"):
        with pytest.raises(InvalidInput, match="names no version"):
            rollback(repo, target)
        with pytest.raises(InvalidInput, match="names no version"):
            yank(repo, target)
    with pytest.raises(NotDeployed, match=r"sales@1\.1 is not deployed"):
        rollback(repo, "sales@1.1")
    with pytest.raises(NotDeployed):
        yank(repo, "sales@1.1")
    assert snapshot(stores["prod"]) == before


def test_where_there_is_a_choice_an_environment_must_be_named(repo: Path, stores: Stores) -> None:
    released(stores["prod"], "1.0")
    with pytest.raises(InvalidInput, match="more than one environment: dev, prod") as caught:
        rollback(repo, "sales@1.0", None)
    assert caught.value.hint == "--env prod"
    with pytest.raises(InvalidInput):
        rollback(repo, "sales@1.0", "nowhere")
    write(repo, {"hermes.toml": HERMES + FOLDERS.partition("[environments.prod]")[0]})
    released(stores["dev"], "1.0")
    assert rollback(repo, "sales@1.0", None).environment == "dev"


def test_no_write_is_lost_where_a_rollback_meets_a_deploy(
    repo: Path, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = workspace_of(repo)
    assert workspace.checkout.head
    assert workspace.user
    third = release("1.2", mark="content of 1.2")
    third = replace(third, manifest=replace(third.manifest, repo_id=REPO))
    ends = set()
    for step in range(30):
        for first in (0, 1):
            store = MemoryStore()
            released(store, "1.0", "1.1")

            def back(pause: Callable[[], None], store: MemoryStore) -> OperationReport:
                watched = Watched(store, pause=pause)

                def seen(workspace: Workspace, environment: Environment) -> Watched:
                    return watched

                monkeypatch.setattr(Workspace, "store", seen)
                reference = parse_reference("sales@1.0")
                return rollback_by_hand(workspace, reference, "prod", None, notify=quiet)

            def go(pause: Callable[[], None], store: MemoryStore) -> Deployed:
                return deploy(Watched(store, pause=pause), third)

            works = (partial(back, store=store), partial(go, store=store))
            for end in take_turns([first] * step + [1 - first] * 80, *works):
                assert not isinstance(end, BaseException), end
            record = latest(store)
            ends.add(record.version)
            assert record.version == record.moves[-1].version
            assert [move.kind for move in record.moves].count("rollback") == 1
            assert record.mark == "1.2" if record.version == "1.2" else record.mark in ("1.1", "1.2")
            check_copies(store)
    assert ends == {"1.0", "1.2"}


def test_a_broken_record_is_not_written_over(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    assert isinstance(prod, MemoryStore)
    released(prod, "1.0", "1.1")
    prod.objects[LAYOUT.latest] = b"{"
    before = snapshot(prod)
    for operation in OPERATIONS:
        with pytest.raises(HermesError, match=r"latest\.json is not valid JSON"):
            operation(repo)
    assert snapshot(prod) == before


def test_what_is_proposed_is_there_and_not_yanked(repo: Path, stores: Stores) -> None:
    prod = stores["prod"]
    released(prod, "0.2.0", "0.2.1", "0.3.0")
    yank(repo, "sales@0.2.1")
    with pytest.raises(InvalidInput) as caught:
        rollback(repo, "sales")
    assert caught.value.hint == "hermes rollback sales@0.2.0 --env prod"
    with pytest.raises(InvalidInput) as caught:
        yank(repo, "sales@feature-x")
    assert caught.value.hint == "hermes ls sales"
    with pytest.raises(NotDeployed) as gone:
        rollback(repo, "sales@0.2.9")
    assert "0.2.1" not in (gone.value.hint or "")
    with pytest.raises(NotDeployed) as gone:
        catalog.resolve(prod, LAYOUT, parse_suffix("lates"))
    assert gone.value.hint == "did you mean latest?"
