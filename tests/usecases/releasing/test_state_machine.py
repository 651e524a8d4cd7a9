"""Any sequence of deploys and operations, repeated, crashed or from another repo, keeps what is promised."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from packaging.version import Version

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, InvalidInput
from hermes_cli.domain.contract.latest_moves import LatestRecord
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Reference, Release
from hermes_cli.usecases.prune import prune
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.retire import retire
from hermes_cli.usecases.rollback import rollback
from hermes_cli.usecases.yank import yank
from memory_store import Killed, Watched
from sample_drafts import LAYOUT, check_copies, check_what_resolves, deploy, feature, release

VERSIONS = ("0.9.0", "1.0.0", "1.2.0", "1.10.0", "2.0rc1", "2.0.0")
MARKS = ("one", "two")
MONTHS = ("202601", "202602")
# At which write an operation is stopped, and on which side of it (between two writes nothing else
# can be seen of it); None lets it run.
crashes = st.none() | st.tuples(st.integers(0, 24), st.booleans())


class Later(Watched):
    """The same store, more than a year on."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=500)


def desk(store: Store, branches: frozenset[str] = frozenset()) -> Workspace:
    """As much of a workspace as an operation needs; `branches` are those that there are."""
    environment = SimpleNamespace(name="dev", release_from="anywhere", path=None)
    return cast(
        Workspace,
        SimpleNamespace(
            settings=SimpleNamespace(repo_id="repo", environment=lambda name: environment),
            store=lambda environment: store,
            layout=lambda name: LAYOUT,
            select=lambda names: [SimpleNamespace(name=LAYOUT.project)],
            project=lambda name: SimpleNamespace(name=name),
            require_git=lambda: SimpleNamespace(local_branches=lambda: branches, remotes=lambda: ()),
            ref=SimpleNamespace(actor="somebody"),
            checkout=SimpleNamespace(head="c0ffee"),
        ),
    )


def quiet(event: object) -> None:
    """Hears nothing."""


def reference(version: str) -> Reference:
    """A release of the project."""
    return Reference(LAYOUT.project, suffix=Release(Version(version)))


@dataclass
class Expected:
    """What is known of an environment: crashes leave open whether the last step was done.

    `releases` and `features` give the mark that must be seen; `open_releases` and `open_features`
    marks that may be seen instead, as a deploy of them was stopped.
    """

    releases: dict[str, str] = field(default_factory=dict)
    features: dict[str, str] = field(default_factory=dict)
    open_releases: dict[str, set[str]] = field(default_factory=dict)
    open_features: dict[str, set[str]] = field(default_factory=dict)
    mark: Version | None = None  # that of latest is at or above it
    moved: bool = False  # latest was moved on purpose, or a version yanked


class Deploys(RuleBasedStateMachine):
    """One project in one environment. A new operation is one more rule that goes through `attempt`."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hermes-state-"))
        self.store: Store = LocalStore(self.folder / "store")
        self.expected = Expected()
        self.bytes_of_releases: dict[str, bytes] = {}
        self.record = self.latest()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def attempt(self, operation: Callable[[Store], object], crash: tuple[int, bool] | None) -> bool:
        """Do an operation, which may be stopped at one of its writes; whether it came to its end."""
        if crash is None:
            operation(self.store)
            return True
        at, after = crash
        try:
            operation(Watched(self.store, fail_at=at, after=after))
        except Killed:
            return False
        return True

    @initialize()
    def nothing_is_there(self) -> None:
        assert check_what_resolves(self.store) == {}

    @rule(
        version=st.sampled_from(VERSIONS),
        mark=st.sampled_from(MARKS),
        month=st.sampled_from(MONTHS),
        crash=crashes,
    )
    def release(self, version: str, mark: str, month: str, crash: tuple[int, bool] | None) -> None:
        """A release, new or again, with the same content or with another."""
        draft = release(version, mark, month=month)
        expected = self.expected
        there = self.seen().get(version)
        try:
            done = self.attempt(lambda store: deploy(store, draft), crash)
        except Conflict:
            assert self.retired or there not in (None, mark)
            return
        if done:
            assert not self.retired
        if done:
            assert there in (None, mark)
            expected.releases[version] = mark
            expected.open_releases.pop(version, None)
            if not Version(version).is_prerelease and self.record.yank_of(Version(version)) is None:
                expected.mark = max(expected.mark or Version("0"), Version(version))
        elif there is None:
            expected.open_releases.setdefault(version, set()).add(mark)

    @rule(branch=st.sampled_from(("feature/x", "feature/y")), mark=st.sampled_from(MARKS), crash=crashes)
    def feature(self, branch: str, mark: str, crash: tuple[int, bool] | None) -> None:
        """A deploy of a feature branch, which may change what is there."""
        name = branch.replace("/", "-")
        if self.retired:
            with pytest.raises(Conflict):
                deploy(self.store, feature(branch, mark))
        elif self.attempt(lambda store: deploy(store, feature(branch, mark)), crash):
            self.expected.features[name] = mark
            self.expected.open_features.pop(name, None)
        else:
            self.expected.open_features.setdefault(name, set()).add(mark)

    @rule(version=st.sampled_from(VERSIONS), branch=st.sampled_from(("feature/x", "feature/z")))
    def another_repo(self, version: str, branch: str) -> None:
        """Another repo claims the name: refused once it is owned, and nothing changes."""
        if self.store.get(LAYOUT.owner) is None:
            return
        before = self.listing()
        for draft in (release(version, "theirs", repo_id="theirs"), feature(branch, repo_id="theirs")):
            with pytest.raises(Conflict):
                deploy(self.store, draft)
        assert self.listing() == before

    @rule()
    def everything_again(self) -> None:
        """Running all that is there again completes it, and once more changes nothing."""
        if self.retired:
            return
        marks = self.seen()
        drafts = [
            feature(name.replace("-", "/"), mark) if name.startswith("feature-") else release(name, mark)
            for name, mark in marks.items()
            if name != "latest"
        ]
        for draft in drafts:
            deploy(self.store, draft)
        check_copies(self.store)
        assert {k: v for k, v in self.seen().items() if k != "latest"} == {
            k: v for k, v in marks.items() if k != "latest"
        }
        before = self.listing()
        for draft in drafts:
            watched = Watched(self.store)
            deploy(watched, draft)
            assert watched.written == []
        assert self.listing() == before
        released = [Version(name) for name in marks if name != "latest" and not name.startswith("feature-")]
        final = [version for version in released if not version.is_prerelease]
        if not self.expected.moved:
            assert self.latest().version == (str(max(final)) if final else None)

    def operate(self, operation: Callable[[Store], object], crash: tuple[int, bool] | None) -> None:
        """Do what may be refused; then nothing has changed."""
        before = self.listing()
        try:
            self.attempt(operation, crash)
        except (Conflict, InvalidInput, catalog.NotDeployed):
            assert self.listing() == before
        else:
            self.expected.moved = True

    @rule(pick=st.integers(0, 5), crash=crashes)
    def rollback(self, pick: int, crash: tuple[int, bool] | None) -> None:
        """`latest` goes to a version on purpose, and deploys of what is there do not undo it."""
        version = self.pick(pick)
        bad = self.record.yank_of(Version(version)) is not None or Version(version).is_prerelease
        self.operate(
            lambda store: rollback(desk(store), reference(version), "dev", None, notify=quiet), crash
        )
        if crash is None and version in self.seen() and not bad:
            assert self.latest().version == version
            mark = self.latest().mark
            if mark is not None and Version(mark) >= max(map(Version, self.final()), default=Version("0")):
                self.everything_again()
                assert self.latest().version == version

    @rule(pick=st.integers(0, 5), to=st.none() | st.integers(0, 5), crash=crashes)
    def yank(self, pick: int, to: int | None, crash: tuple[int, bool] | None) -> None:
        """A version must not be used any more."""
        version, back = self.pick(pick), Version(self.pick(to)) if to is not None else None
        self.operate(
            lambda store: yank(desk(store), reference(version), "dev", "bad", back, notify=quiet),
            crash,
        )

    def final(self) -> list[str]:
        """The releases that are no pre-releases."""
        return [v for v in VERSIONS if v in self.seen() and not Version(v).is_prerelease]

    def pick(self, number: int) -> str:
        """One of the releases that are there, another than latest where there is one; else any version."""
        there = [version for version in VERSIONS if version in self.seen()] or list(VERSIONS)
        others = [version for version in there if version != self.latest().version]
        return (others or there)[number % len(others or there)]

    @rule(chance=st.integers(0, 7), crash=crashes)
    def retire(self, chance: int, crash: tuple[int, bool] | None) -> None:
        """The name is given up, now and then: nothing can happen to it after that."""
        if chance == 0:
            name = Reference(LAYOUT.project)
            self.operate(lambda store: retire(desk(store), name, "dev", "old", notify=quiet), crash)

    @rule(
        branches=st.frozensets(st.sampled_from(("feature/x", "feature/y"))),
        older_than=st.none() | st.just(30),
        apply=st.booleans(),
        crash=crashes,
    )
    def prune(
        self, branches: frozenset[str], older_than: int | None, apply: bool, crash: tuple[int, bool] | None
    ) -> None:
        """More than a year on, what nobody needs goes: never what a manifest points at, never a release."""
        before, marks = self.listing(), self.seen()
        done = self.attempt(
            lambda store: prune(
                desk(Later(store), branches), (), "dev", older_than=older_than, apply=apply, notify=quiet
            ),
            crash,
        )
        if not apply:
            assert self.listing() == before
            return
        kept = {branch.replace("/", "-") for branch in branches} if older_than is None else set()
        gone = {name for name in marks if name.startswith("feature-")} - kept
        for name in gone:
            open_ones = self.expected.open_features.pop(name, set())
            mark = self.expected.features.pop(name, None)
            if not done:  # then it may be there
                self.expected.open_features[name] = open_ones | ({mark} if mark else {marks[name]})
        after = self.seen()
        assert set(marks) - set(after) <= gone
        assert not done or gone.isdisjoint(after)
        if done and not self.retired:
            for name in sorted(gone):
                deploy(self.store, feature(name.replace("-", "/", 1), marks[name]))
                self.expected.features[name] = marks[name]
            self.everything_again()

    @invariant()
    def what_resolves_is_whole_and_what_was_promised(self) -> None:
        marks = self.seen()  # which also reads every digest
        for version, mark in self.expected.releases.items():
            assert marks[version] == mark
        for name, mark in self.expected.features.items():
            assert marks[name] in {mark} | self.expected.open_features.get(name, set())
        for name in marks:
            known = {**self.expected.open_releases, **self.expected.open_features}
            assert (
                name == "latest"
                or name in known
                or name
                in {
                    *self.expected.releases,
                    *self.expected.features,
                }
            )

    @invariant()
    def a_release_never_changes(self) -> None:
        for entry in self.store.list(LAYOUT.releases):
            stored = self.store.get(entry.key)
            assert stored is not None
            assert self.bytes_of_releases.setdefault(entry.key, stored.data) == stored.data
        assert {entry.key for entry in self.store.list(LAYOUT.releases)} == self.bytes_of_releases.keys()

    @invariant()
    def latest_moves_up_only_but_on_purpose(self) -> None:
        before, record = self.record, self.latest()
        self.record = record
        assert record.moves[: len(before.moves)] == before.moves
        assert record.yanked[: len(before.yanked)] == before.yanked
        assert before.retired is None or record.retired == before.retired
        mark = Version(before.mark) if before.mark else None
        for move in record.moves[len(before.moves) :]:
            if move.kind == "deploy":
                assert not Version(move.version).is_prerelease
                assert mark is None or Version(move.version) > mark
                mark = Version(move.version)
        if record.version is None or record.mark is None:
            assert self.expected.mark is None
            return
        assert record.moves[-1].version == record.version
        assert record.yank_of(Version(record.version)) is None
        assert mark is None or Version(record.mark) >= mark
        assert self.expected.mark is None or Version(record.mark) >= self.expected.mark
        assert self.expected.moved or record.version == record.mark

    def latest(self) -> LatestRecord:
        """What `latest` is."""
        found = catalog.find_latest(self.store, LAYOUT)
        return found[0] if found else LatestRecord(team=LAYOUT.team, project=LAYOUT.project)

    @property
    def retired(self) -> bool:
        """Whether the name was given up."""
        return self.latest().retired is not None

    def seen(self) -> dict[str, str]:
        """Every suffix that resolves, with its mark."""
        return check_what_resolves(self.store)

    def listing(self) -> list[tuple[str, str, str]]:
        """Every object, with its tag and the time of its last write."""
        return [(entry.key, entry.etag, str(entry.modified)) for entry in self.store.list("")]


class Quick(Deploys):
    """As many sequences as every test run has time for."""


class Many(Deploys):
    """More and longer ones."""


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


TestQuick = Quick.TestCase
TestQuick.settings = _settings(40, 20)
TestMany = pytest.mark.slow(Many.TestCase)
TestMany.settings = _settings(150, 25)
