"""How hermes log tells each operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.cli.log import log
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.rollback import rollback
from sample_operations import ClockedStore, Stores, make, quiet, reach, released, workspace_of


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    store = ClockedStore()
    reach(Stores(prod=store), monkeypatch)
    released(store, "1.0", "1.1", created="2026-01-01T12:00:00+00:00")
    made = make(tmp_path, monkeypatch)
    monkeypatch.chdir(made)
    return made


def test_latest_moves_or_goes_back_to_a_version(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("1.0", "1.1"):
        rollback(workspace_of(repo), parse_reference(f"sales@{version}"), "prod", None, notify=quiet)
    assert log(Printer(command="log"), "sales", ["prod"]) == 0
    told = [line.split("  ")[2].strip() for line in capsys.readouterr().out.splitlines()[1:]]
    assert told == [
        "latest moved to 1.1",
        "latest went back to 1.0",
        "latest moved to 1.1",
        "latest moved to 1.0",
        "released 1.1",
        "released 1.0",
    ]
