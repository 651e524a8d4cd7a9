"""hermes log: all that is on record, the newest first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import AccessDenied, InvalidInput
from hermes_cli.domain.contract.suffixes import feature_of, parse_reference
from hermes_cli.usecases.log import LogEntry, log
from hermes_cli.usecases.prune import prune
from hermes_cli.usecases.retire import retire
from hermes_cli.usecases.rollback import rollback
from hermes_cli.usecases.yank import yank
from sample_drafts import LAYOUT
from sample_operations import (
    ClockedStore,
    Closed,
    Stores,
    branched,
    latest,
    make,
    quiet,
    reach,
    released,
    workspace_of,
)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    found = Stores(dev=ClockedStore(), prod=ClockedStore(), local=ClockedStore())
    reach(found, monkeypatch)
    return found


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stores: Stores) -> Path:
    return make(tmp_path, monkeypatch)


def lines(entries: tuple[LogEntry, ...]) -> list[str]:
    return [f"{one.at[:10]} {one.environment} {one.what} {one.suffix}".strip() for one in entries]


def test_the_whole_story_is_told_backwards(repo: Path, stores: Stores) -> None:
    workspace, prod = workspace_of(repo), stores["prod"]
    assert isinstance(prod, ClockedStore)
    sales = parse_reference("sales")

    def next_day() -> None:
        prod.time += timedelta(days=1)

    branched(stores["dev"], created="2026-01-01T00:00:00+00:00")
    released(prod, "1.0", created="2026-01-01T12:00:00+00:00")
    released(prod, "1.1", created="2026-01-02T00:00:00+00:00")
    next_day()
    rollback(workspace, parse_reference("sales@1.0"), "prod", "wrong totals", notify=quiet)
    next_day()
    rollback(workspace, parse_reference("sales@1.1"), "prod", None, notify=quiet)
    next_day()
    yank(workspace, parse_reference("sales@1.1"), "prod", "bad", Version("1.0"), notify=quiet)
    next_day()
    retire(workspace, sales, "prod", "replaced", notify=quiet)

    entries = log(workspace, "sales", ()).entries
    assert lines(entries) == [
        "2026-01-06 prod retired",
        "2026-01-05 prod yanked 1.1",
        "2026-01-05 prod latest went back 1.0",
        "2026-01-04 prod latest moved 1.1",
        "2026-01-03 prod latest went back 1.0",
        "2026-01-02 prod latest moved 1.1",
        "2026-01-02 prod released 1.1",
        "2026-01-01 prod latest moved 1.0",
        "2026-01-01 prod released 1.0",
        "2026-01-01 dev deployed feature-x",
    ]
    assert [one.reason for one in entries[:5]] == ["replaced", "bad", "bad", None, "wrong totals"]
    assert {one.actor for one in entries[:5]} == {"Some One"}
    assert {one.commit for one in entries[:5]} == {workspace.checkout.head}
    assert {(one.actor, one.commit) for one in entries[5:]} == {("somebody", "c0ffee")}
    assert lines(log(workspace, "sales", ("dev",)).entries) == ["2026-01-01 dev deployed feature-x"]


def test_what_was_done_within_one_second_keeps_its_order(repo: Path, stores: Stores) -> None:
    workspace, prod = workspace_of(repo), stores["prod"]
    for version in ("1.0", "1.1", "1.2"):
        released(prod, version, created="2026-01-01T00:00:00+00:00")
    for version in ("1.0", "1.2"):
        rollback(workspace, parse_reference(f"sales@{version}"), "prod", "wrong", notify=quiet)
    yank(workspace, parse_reference("sales@1.1"), "prod", "bad", None, notify=quiet)
    yank(workspace, parse_reference("sales@1.2"), "prod", "bad", Version("1.0"), notify=quiet)
    retire(workspace, parse_reference("sales"), "prod", "replaced", notify=quiet)
    told = [
        f"{one.what} {one.suffix}".strip() for one in log(workspace, "sales", ("prod",)).entries if one.reason
    ]
    assert told == [
        "retired",
        "yanked 1.2",
        "latest went back 1.0",
        "yanked 1.1",
        "latest moved 1.2",
        "latest went back 1.0",
    ]


def test_what_was_pruned_is_no_longer_listed(repo: Path, stores: Stores) -> None:
    branched(stores["dev"])
    prune(workspace_of(repo), (), "dev", older_than=None, apply=True, notify=quiet)
    assert stores["dev"].get(LAYOUT.feature(feature_of("feature/x").slug)) is not None
    assert log(workspace_of(repo), "sales", ()).entries == ()


def test_a_project_that_is_only_in_the_store_has_a_log_and_an_unknown_one_is_refused(
    repo: Path, stores: Stores
) -> None:
    with pytest.raises(InvalidInput, match="there is no project 'costs'"):
        log(workspace_of(repo), "costs", ())
    with pytest.raises(InvalidInput):
        log(workspace_of(repo), "../sales", ())
    with pytest.raises(InvalidInput):
        log(workspace_of(repo), "sales", ("nowhere",))
    released(stores["prod"], "1.0")
    assert latest(stores["prod"]).version == "1.0"
    (repo / "sales" / "pyproject.toml").unlink()
    assert len(log(workspace_of(repo), "sales/", ()).entries) == 2


def test_what_cannot_be_asked_hides_nothing_else(repo: Path, stores: Stores) -> None:
    released(stores["dev"], "1.0", created="2026-01-01T12:00:00+00:00")
    stores["prod"] = Closed(stores["prod"])
    report = log(workspace_of(repo), "sales", ())
    assert [one.what for one in report.entries] == ["latest moved", "released"]
    assert [(one.environment, one.problem, one.exit_code) for one in report.unasked] == [("prod", "no", 5)]
    assert log(workspace_of(repo), "costs", ()).entries == ()  # prod may know it
    with pytest.raises(AccessDenied):
        log(workspace_of(repo), "sales", ("dev", "prod"))


def test_the_log_of_a_version_is_that_of_its_project(repo: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        log(workspace_of(repo), "sales@1.0.0", ())
    assert caught.value.hint == "hermes log sales"
