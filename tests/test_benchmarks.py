"""The benchmarks measure what they say: their S3 keeps its conditions, their figures and page are right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.figures import Found, Line
from benchmarks.ground import Stub, stub_s3
from benchmarks.measure import Failed, Ratio, Run, Work, once, paired
from benchmarks.report import draw, page
from hermes_cli.adapters.store_s3 import S3Store


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with stub_s3() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def test_the_stub_is_a_store_that_keeps_its_conditions_and_counts(stub: Stub) -> None:
    store = S3Store(bucket="dev", region="us-east-1")
    assert store.get("a/b") is None
    assert store.put_new("a/b", b"1") is None
    there = store.put_new("a/b", b"2")
    assert there is not None
    assert there.data == b"1"
    assert store.replace_if("a/b", b"3", '"wrong"') is not None
    assert store.replace_if("a/b", b"3", there.etag) is None
    store.check_conditions("a/b")
    for number in range(1002):
        store.put_new(f"many/{number:04} ä&", b"x")
    assert [entry.key for entry in store.list("many/")] == [f"many/{number:04} ä&" for number in range(1002)]
    store.delete("a/b")
    assert [entry.key for entry in store.list("a/")] == []
    counts = stub.ask("reset")
    assert counts["LIST"] == 3
    assert counts["DELETE"] == 1
    assert stub.ask("counts") == {}


def test_a_command_that_fails_has_no_figure(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="ended with 3"):
        once(Work(name="bad", command=["sh", "-c", "exit 3"], folder=tmp_path))
    with pytest.raises(Failed, match="no code"):
        once(Work(name="none", command=["there-is-no-such-program"], folder=tmp_path))


def test_works_are_run_in_turn_and_prepared_each_time(tmp_path: Path) -> None:
    order: list[str] = []

    def work(name: str) -> Work:
        return Work(name=name, command=["true"], folder=tmp_path, prepare=lambda: order.append(name))

    ratio = paired(work("A"), work("B"), rounds=3)
    assert "".join(order) == "AB" + "ABBAAB"
    assert len(ratio.ratios) == 3
    assert all(run.rss > 0 for run in ratio.ours)


def found_of(wall: float) -> Found:
    ratio = Ratio(ours=(Run(wall=wall, cpu=1, rss=1),), theirs=(Run(wall=10.0, cpu=1, rss=1),))
    found = Found(lines=[Line(name="a < b", points=[(1, 0.5), (10, 2.0)]), Line(name="c", points=[(1, 1.0)])])
    found.ratio("`hermes x`", "a loop", 0.01, ratio, share=0.1)
    return found


def test_the_page_names_what_is_missed_and_why(tmp_path: Path) -> None:
    def told(found: Found) -> str:
        return page(
            found,
            command="make bench",
            versions={"uv": "1"},
            reasons={"`hermes x`": "It waits."},
            chart="c.svg",
        )

    missed = told(found_of(2.0))
    assert "| `hermes x` | a loop | ≤ 1/100 × | 1/50 × | **no** |" in missed
    assert "- `hermes x`: It waits." in missed
    met = told(found_of(0.5))
    assert "| 1/200 × | yes |" in met
    assert "What is missed" not in met
    assert "## What exists for speed alone\n" in met
    draw(found_of(1.0).lines, tmp_path / "c.svg")
    assert "a &lt; b" in (tmp_path / "c.svg").read_text()
