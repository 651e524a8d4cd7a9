"""How hermes show prints what is recorded about a release."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.cli.output.printer import Printer
from hermes_cli.cli.show import show
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.yank import yank
from memory_store import MemoryStore
from sample_operations import Stores, make, quiet, reach, released, workspace_of


def test_a_yank_is_shown_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = MemoryStore()
    reach(Stores(prod=store), monkeypatch)
    released(store, "1.0", "1.1")
    repo = make(tmp_path, monkeypatch)
    monkeypatch.chdir(repo)
    target = parse_reference("sales@1.1")
    yank(workspace_of(repo), target, "prod", "counts twice", Version("1.0"), notify=quiet)
    for suffix, lines in (("1.0", []), ("latest", []), ("1.1", ["Some One: counts twice"])):
        assert show(Printer(command="show"), f"sales@{suffix}", "prod") == 0
        shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("yanked:")]
        assert [line.partition(" by ")[2] for line in shown] == lines
