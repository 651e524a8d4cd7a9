"""The summary of a deploy: one table, readable with three projects and with two hundred."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from hermes_cli.cli.output.deploy_table import show_receipts
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.deploy_plan import Change, Receipt, Step


def receipt(project: str, environment: str, change: Change, **given: Any) -> Receipt:
    usual = {"suffix": "1.0.0", "version": "1.0.0", "reason": "released, and not changed since"}
    latest = given.pop("latest", None)
    step = Step(project=project, environment=environment, change=change, **{**usual, **given})
    return Receipt(step=step, latest=latest)


def shown(capsys: pytest.CaptureFixture[str], *receipts: Receipt) -> tuple[list[str], list[str]]:
    show_receipts(Printer(command="deploy"), receipts)
    seen = capsys.readouterr()
    assert max(map(len, seen.out.splitlines()), default=0) <= 80
    return seen.out.splitlines(), seen.err.splitlines()


def test_a_project_is_a_row_and_an_environment_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    broken = {"reason": "shop.py:3: odd", "hint": "mend it", "exit_code": 6}
    result, errors = shown(
        capsys,
        receipt("shop", "dev", Change.FAILED, **broken),
        receipt("lake", "dev", Change.RELEASE, latest="1.0.0"),
        receipt("mill", "dev", Change.NOTHING),
        receipt("shop", "prod", Change.FAILED, **broken),
        receipt("lake", "prod", Change.RELEASE, latest="1.1.0"),
        receipt("mill", "prod", Change.COMPLETE, latest="1.0.0"),
    )
    assert result == [
        "PROJECT  SUFFIX  DEV        PROD       LATEST",
        "lake     1.0.0   released   released   dev 1.0.0, prod 1.1.0",
        "mill     1.0.0   unchanged  completed  1.0.0",
        "shop     1.0.0   failed     failed",
        "unchanged mill@1.0.0: released, and not changed since",
    ]
    assert errors == ["error: dev, prod: failed shop@1.0.0: shop.py:3: odd", " next: mend it"]


def test_another_reason_in_each_environment_is_told_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    result, errors = shown(
        capsys,
        receipt("shop", "dev", Change.FAILED, reason="no disk", exit_code=1),
        receipt("shop", "prod", Change.SKIPPED, reason="it failed in the environment before"),
    )
    assert result[1:] == [
        "shop     1.0.0   failed  skipped",
        "skipped shop@1.0.0: it failed in the environment before",
    ]
    assert errors == ["error: dev: failed shop@1.0.0: no disk"]


def test_of_many_projects_those_that_changed_are_rows(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"p{number:03}" for number in range(200)]
    changes = {"p007": Change.RELEASE, "p100": Change.FAILED}
    receipts = [
        receipt(
            name,
            environment,
            changes.get(name, Change.NOTHING),
            exit_code=6 if name == "p100" else 0,
            reason="odd" if name == "p100" else "released, and not changed since",
        )
        for environment in ("dev", "prod")
        for name in names
    ]
    result, errors = shown(capsys, *receipts)
    assert result == [
        "PROJECT  SUFFIX  DEV       PROD",
        "p007     1.0.0   released  released",
        "p100     1.0.0   failed    failed",
        "dev: 198 unchanged, 1 released, 1 failed",
        "prod: 198 unchanged, 1 released, 1 failed",
        "unchanged 198 projects: released, and not changed since",
    ]
    assert errors == ["error: dev, prod: failed p100@1.0.0: odd"]


def test_many_reasons_are_not_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    many = [receipt(f"p{n}", "dev", Change.NOTHING, reason=f"keeps {n}") for n in range(30)]
    result, _ = shown(capsys, *many)
    assert result[:2] == ["dev: 30 unchanged", "unchanged p0@1.0.0: keeps 0"]
    assert result[13:] == ["and 18 more: hermes plan"]


def test_a_table_that_fits_its_terminal_needs_no_rich(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    printer = Printer(command="ls")
    printer.table(("ONE", "TWO"), [("a", "b" * 7)])
    assert capsys.readouterr().out == "\x1b[1mONE  TWO\x1b[0m\na    bbbbbbb\n"
    for cell in ("b" * 8, "é"):
        with pytest.raises(ImportError):
            printer.table(("ONE", "TWO"), [("a", cell)])


def test_facts_are_read_when_they_are_written() -> None:
    one = receipt("shop", "dev", Change.RELEASE).step
    assert facts([one])[0] is one
    assert facts(one)["project"] == "shop"


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 80) -> Printer:
    """A printer whose stdout is a terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    return Printer(command="log")


def plain(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the result, without their styles."""
    return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()


WHEN, SUFFIX = "2026-11-28 15:29", "feature-ann-fix-totals-x65fddf5a"


def test_the_longest_column_of_a_table_is_folded_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "latest went back to 0.2.0: the totals of last month were counted twice"
    on_a_terminal(monkeypatch).table(
        ("WHEN (UTC)", "WHERE", "WHAT", "WHO", "COMMIT"),
        [
            (WHEN, "prod", reason, "Some One", "c0ffee00"),
            (WHEN, "dev", f"deployed {SUFFIX}-and-more", "Some One", ""),
        ],
        prose=2,
    )
    shown = plain(capsys)
    assert max(map(len, shown)) <= 80
    assert [line.split("  ")[0] for line in shown if line.startswith("2")] == [WHEN, WHEN]
    first = next(line for line in shown if line.startswith("2"))
    assert "Some One" in first
    assert "c0ffee00" in first
    assert reason in " ".join(" ".join(line[25:60].split()) for line in shown)


def test_no_key_and_no_suffix_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printer = on_a_terminal(monkeypatch)
    rows = [("sales_report", f"{SUFFIX} (latest)", "0.10.2", WHEN, "c0ffee00+")]
    printer.table(("PROJECT", "SUFFIX", "VERSION", "DEPLOYED (UTC)", "COMMIT"), rows, indent=2)
    key = "environments.local.release-from"
    printer.table(("SETTING", "VALUE", "READ FROM"), [(key, "anywhere " * 9, "built-in default " * 3)])
    shown = plain(capsys)
    assert max(map(len, shown)) <= 80
    assert [word for line in shown for word in line.split() if word in (SUFFIX, key)] == [SUFFIX, key]


def test_what_does_not_fit_between_words_is_cut_and_wide_letters_count_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printer = on_a_terminal(monkeypatch, 20)
    printer.table(("ONE", "TWO"), [("a" * 30, "日本語日本語")])
    shown = plain(capsys)
    assert max(len(line) + sum(letter > "⺀" for letter in line) for line in shown) <= 20
    assert "".join(shown).count("a") == 30


def test_a_line_of_the_result_is_folded_between_words_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "  " + "released with the previous lake; run it again to pick up the change " * 2
    Printer(command="deploy").say(line)
    assert capsys.readouterr().out == f"{line}\n"
    printer = on_a_terminal(monkeypatch)
    printer.say(line)
    shown = plain(capsys)
    assert max(map(len, shown)) <= 80
    assert [len(line) - len(line.lstrip()) for line in shown] == [2, 4]
    assert " ".join(" ".join(shown).split()) == line.strip()
    printer.say(line, hang=20)
    assert [len(line) - len(line.lstrip()) for line in plain(capsys)] == [2, 20]
    printer.say("manifest: file:///" + "a" * 80, hang=10)
    assert len(plain(capsys)) == 1
    printer.say(f"  next: {line.strip()}", wrap=False)
    assert len(capsys.readouterr().out.splitlines()) == 1
