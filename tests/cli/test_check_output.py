"""How hermes check prints its findings and the effect of a merge."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.cli.check import check
from hermes_cli.cli.output.printer import Printer
from sample_operations import make
from sample_repos import write


def test_without_a_project_to_tell_about_there_is_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make(tmp_path, monkeypatch)
    monkeypatch.chdir(repo)
    write(repo, {"sales/pyproject.toml": "[project"})
    assert check(Printer(command="check")) == 7
    told = capsys.readouterr().out
    assert "sales/pyproject.toml:1: error: " in told
    assert "A MERGE" not in told
    assert "compared with main" in told


def test_a_secret_is_told_in_one_plain_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make(tmp_path, monkeypatch)
    monkeypatch.chdir(repo)
    write(repo, {"sales/.env": "A=1\n", "sales/notes.txt": "dapi" + "0123456789abcdef" * 2})
    assert check(Printer(command="check")) == 7
    told = capsys.readouterr().out
    assert "sales/.env: error: sales/.env is a file of secrets (secret)" in told
    assert "sales/notes.txt:1: error: sales/notes.txt holds an access token (secret)" in told
