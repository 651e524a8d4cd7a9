"""How hermes bump ends: with the commit of the new version and of all that belongs to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hermes_cli.cli.bump import bump
from hermes_cli.cli.output.printer import Printer
from memory_store import MemoryStore
from sample_operations import Stores, make, reach
from sample_repos import sh, write


def test_the_commit_that_is_proposed_has_new_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reach(Stores(dev=MemoryStore(), prod=MemoryStore()), monkeypatch)
    repo = make(tmp_path, monkeypatch)
    monkeypatch.chdir(repo)
    write(repo, {"sales/sales/extra.py": "print(1)\n"})
    assert bump(Printer(command="bump"), "sales") == 0
    command = capsys.readouterr().err.partition("next:\n")[2].strip()
    subprocess.run(command, shell=True, cwd=repo, check=True, capture_output=True)
    assert sh(repo, "git", "status", "--porcelain") == ""
    assert sh(repo, "git", "log", "-1", "--format=%s") == "sales 1.2.1"
