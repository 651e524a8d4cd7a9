"""How hermes status tells the state of a project, once and without contradicting itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.cli.output.printer import Printer
from hermes_cli.cli.status import status
from hermes_cli.usecases.status import Standing, State
from sample_operations import make


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (
            {"state": State.UP_TO_DATE, "why": "1.1 is yanked: wrong", "yanked": True},
            ["prod: sales 1.1: up to date, but yanked", "  1.1 is yanked: wrong; latest is 1.0"],
        ),
        (
            {"state": State.NEWER_THERE, "why": "this is 0.9", "next": "git switch main"},
            ["prod: sales 1.1: behind", "  this is 0.9; latest is 1.0", "  next: git switch main"],
        ),
    ],
    ids=["yanked", "behind"],
)
def test_a_standing_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    facts: dict[str, object],
    lines: list[str],
) -> None:
    one = Standing(**{"environment": "prod", "project": "sales", "version": "1.1", "latest": "1.0", **facts})  # type: ignore[arg-type]
    monkeypatch.chdir(make(tmp_path, monkeypatch))
    monkeypatch.setattr("hermes_cli.usecases.status.status", lambda *_, **__: (one,))
    status(Printer(command="status"))
    assert capsys.readouterr().out.splitlines()[2:] == lines
