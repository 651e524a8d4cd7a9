"""What `latest` is: every sequence of moves keeps its promises, and what was written is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.errors import Conflict, InvalidInput
from hermes_cli.domain.contract.latest_moves import (
    DEPLOY,
    ROLLBACK,
    YANK,
    Act,
    LatestRecord,
    Move,
    Yank,
    advanced,
    read_latest,
    retired,
    rolled_back,
    yanked,
)
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import parse_project, parse_team

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
ACT = Act(at="2026-01-02T03:04:05+00:00", actor="somebody", commit="c0ffee", reason="because")
EMPTY = LatestRecord(team="growth", project="sales")
VERSIONS = [Version(text) for text in ("0.9", "1.0", "1.1rc1", "1.1", "1.2", "2.0.dev1", "1!0.1")]

ONE = st.sampled_from(VERSIONS)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("release"), ONE, st.none()),
        st.tuples(st.just("back"), ONE, st.none()),
        st.tuples(st.just("yank"), ONE, st.none() | ONE),
        st.tuples(st.just("retire"), ONE, st.none()),
    ),
    max_size=14,
)


def v(text: str) -> Version:
    return Version(text)


def moved(record: LatestRecord | None) -> LatestRecord:
    assert record is not None
    return record


def after(*versions: str) -> LatestRecord:
    """The record after these were released, one after the other."""
    record = EMPTY
    for text in versions:
        record = advanced(record, v(text), ACT) or record
    return record


@given(OPERATIONS)
def test_every_sequence_of_operations_keeps_what_latest_promises(
    operations: list[tuple[str, Version, Version | None]],
) -> None:
    record, there = EMPTY, set[Version]()
    for kind, version, to in operations:
        before, changed = record, None
        try:
            if kind == "release":
                there.add(version)
                changed = advanced(record, version, ACT)
            elif kind == "back" and version in there:
                changed = rolled_back(record, version, there, ACT)
            elif kind == "yank" and version in there and (to is None or (to in there and to != version)):
                changed = yanked(record, version, to, there, ACT)
            elif kind == "retire":
                changed = retired(record, ACT)
        except (Conflict, InvalidInput):
            changed = None
        assert changed != before, "no change is told by None"
        record = changed or before

        assert read_latest(record.encode(), "here", LAYOUT) == record
        assert (record.version is None) is (record.mark is None)
        if before.mark is not None:
            assert record.mark is not None
            assert v(record.mark) >= v(before.mark)
        assert record.moves[: len(before.moves)] == before.moves
        assert record.yanked[: len(before.yanked)] == before.yanked
        assert before.retired is None or record.retired == before.retired
        if record.version != before.version:
            assert record.version is not None
            assert v(record.version) in there
            assert len(record.moves) == len(before.moves) + 1
            assert (record.moves[-1].version, record.moves[-1].act) == (record.version, ACT)
        if record.version is not None:
            assert record.yank_of(v(record.version)) is None
        if kind == "release" and record.version != before.version:
            assert not version.is_prerelease
            assert record.moves[-1].kind == DEPLOY
            assert before.mark is None or version > v(before.mark)
        if kind in ("back", "yank") and record.version != before.version:
            # What is there can be deployed again as often as one likes.
            assert all(advanced(record, other, ACT) is None for other in there)


def test_a_release_moves_latest_up_only() -> None:
    record = after("1.0", "1.2", "1.1", "2.0rc1")
    assert (record.version, record.mark) == ("1.2", "1.2")
    assert [(move.kind, move.version) for move in record.moves] == [(DEPLOY, "1.0"), (DEPLOY, "1.2")]


def test_a_prerelease_never_becomes_latest_not_even_on_purpose() -> None:
    assert advanced(EMPTY, v("1.0rc1"), ACT) is None
    there = [v("0.9"), v("1.0rc1")]
    with pytest.raises(Conflict, match="pre-release"):
        rolled_back(after("0.9"), v("1.0rc1"), there, ACT)
    with pytest.raises(Conflict, match="pre-release"):
        yanked(after("0.9"), v("0.9"), v("1.0rc1"), there, ACT)


def test_a_rollback_to_what_latest_is_still_holds_it_against_a_release_that_was_not_finished() -> None:
    record = moved(rolled_back(after("1.0"), v("1.0"), [v("1.0"), v("1.1")], ACT))
    assert (record.version, record.mark) == ("1.0", "1.1")
    assert advanced(record, v("1.1"), ACT) is None


def test_what_is_retired_moves_no_more() -> None:
    assert advanced(moved(retired(after("1.0"), ACT)), v("1.1"), ACT) is None


def test_a_rollback_holds_until_something_higher_is_released() -> None:
    there = [v("1.0"), v("1.1"), v("1.2")]
    record = moved(rolled_back(after("1.0", "1.1"), v("1.0"), there, ACT))
    assert (record.version, record.mark) == ("1.0", "1.2")
    assert record.moves[-1] == Move(kind=ROLLBACK, version="1.0", act=ACT)
    for version in there:
        assert advanced(record, version, ACT) is None
    assert moved(advanced(record, v("1.2.1"), ACT)).version == "1.2.1"
    assert rolled_back(record, v("1.0"), there, ACT) is None
    back_again = moved(rolled_back(record, v("1.1"), there, ACT))
    assert (back_again.version, back_again.mark) == ("1.1", "1.2")


def test_the_mark_does_not_fall_where_others_released_after_one_looked() -> None:
    seen = [v("1.0"), v("1.1")]
    record = after("1.0", "1.1", "1.2")
    assert moved(rolled_back(record, v("1.0"), seen, ACT)).mark == "1.2"
    assert moved(yanked(record, v("1.2"), v("1.0"), seen, ACT)).mark == "1.2"


def test_what_latest_is_cannot_be_yanked_without_another() -> None:
    record, there = after("1.0", "1.1"), [v("1.0"), v("1.1")]
    with pytest.raises(InvalidInput, match=r"latest is 1\.1") as caught:
        yanked(record, v("1.1"), None, there, ACT)
    assert caught.value.hint == "name it: --to 1.0"
    with pytest.raises(InvalidInput, match=r"latest is 1\.0") as caught:
        yanked(after("1.0"), v("1.0"), None, [v("1.0"), v("1.1rc1")], ACT)
    assert caught.value.hint == "release a higher version first: latest moves to it"
    record = moved(yanked(record, v("1.1"), v("1.0"), there, ACT))
    assert (record.version, record.mark) == ("1.0", "1.1")
    assert record.yanked == (Yank(version="1.1", act=ACT),)
    assert record.moves[-1] == Move(kind=YANK, version="1.0", act=ACT)
    assert yanked(record, v("1.1"), None, there, ACT) is None, "once is enough"
    assert advanced(record, v("1.1"), ACT) is None


def test_nothing_goes_back_to_what_is_yanked() -> None:
    there = [v("1.0"), v("1.1"), v("1.2")]
    record = moved(yanked(after("1.0", "1.1", "1.2"), v("1.1"), None, there, ACT))
    assert record.version == "1.2"
    with pytest.raises(Conflict, match=r"is yanked \(because\)"):
        rolled_back(record, v("1.1"), there, ACT)
    for to in ("1.1", "1.2"):
        with pytest.raises(Conflict, match=r"is yanked \(because\)"):
            yanked(record, v("1.2"), v(to), there, ACT)


def test_latest_skips_a_version_that_was_yanked_before_it_became_it() -> None:
    record = moved(yanked(after("1.0"), v("1.1"), None, [v("1.0"), v("1.1")], ACT))
    assert advanced(record, v("1.1"), ACT) is None
    assert moved(advanced(record, v("1.2"), ACT)).version == "1.2"


def test_a_name_is_given_up_once() -> None:
    record = moved(retired(EMPTY, ACT))
    assert record == replace(EMPTY, retired=ACT)
    assert retired(record, replace(ACT, reason="again")) is None


TEXT = st.text(st.characters(codec="utf-8"), max_size=9)
ACTS = st.builds(Act, at=TEXT, actor=st.none() | TEXT, commit=st.none() | TEXT, reason=st.none() | TEXT)
TEXTS = st.sampled_from([str(version) for version in VERSIONS])


@given(
    st.none() | st.tuples(TEXTS, TEXTS),
    st.lists(st.builds(Move, kind=TEXT, version=TEXTS, act=ACTS), max_size=3),
    st.lists(st.builds(Yank, version=TEXTS, act=ACTS), max_size=3),
    st.none() | ACTS,
)
def test_what_was_written_is_read(
    where: tuple[str, str] | None, moves: list[Move], bad: list[Yank], given_up: Act | None
) -> None:
    version, mark = where or (None, None)
    record = replace(
        EMPTY, version=version, mark=mark, moves=tuple(moves), yanked=tuple(bad), retired=given_up
    )
    assert read_latest(record.encode(), "here", LAYOUT) == record


def test_what_the_first_hermes_wrote_is_read() -> None:
    document = {
        "schema": 1,
        "kind": "latest",
        "team": "growth",
        "project": "sales",
        "version": "1.2.0",
        "mark": "1.2.0",
        "moves": [{"kind": "deploy", "version": "1.2.0", "at": "t", "actor": None, "commit": "c"}],
    }
    assert read_latest(json.dumps(document).encode(), "here", LAYOUT) == replace(
        EMPTY,
        version="1.2.0",
        mark="1.2.0",
        moves=(Move(kind=DEPLOY, version="1.2.0", act=Act(at="t", actor=None, commit="c")),),
    )


FULL = moved(retired(moved(yanked(after("1.0", "1.1"), v("1.1"), v("1.0"), [v("1.0"), v("1.1")], ACT)), ACT))
BROKEN: list[dict[str, Any]] = [
    {"version": "../x"},
    {"version": "1.0.0.0/"},
    {"version": "v1.0"},
    {"version": 1},
    {"version": None},
    {"mark": "x"},
    {"mark": None},
    {"moves": [3]},
    {"moves": {}},
    {"moves": [{"kind": "deploy", "version": "1.0"}]},
    {"moves": [{"kind": "deploy", "version": "../x", "act": {"at": "t"}}]},
    {"moves": [{"version": "1.0", "act": {"at": "t"}}]},
    {"moves": [{"kind": "deploy", "version": "1.0", "act": "t"}]},
    {"yanked": "1.0"},
    {"yanked": ["1.0"]},
    {"yanked": [{"version": "x", "act": {"at": "t"}}]},
    {"yanked": [{"version": "1.0", "act": {}}]},
    {"retired": True},
    {"retired": {"at": 3}},
    {"retired": {"at": "t", "reason": 3}},
    {"team": "other"},
    {"project": "costs"},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_a_broken_record_is_refused(change: dict[str, Any]) -> None:
    document = json.loads(FULL.encode())
    assert read_latest(json.dumps(document).encode(), "here", LAYOUT) == FULL
    with pytest.raises(BrokenDocument, match="here"):
        read_latest(json.dumps(document | change).encode(), "here", LAYOUT)
