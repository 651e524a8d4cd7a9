"""hermes yank on a terminal: where `latest` needs another version, it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from hermes_cli.cli.output.printer import Printer
from hermes_cli.cli.yank import yank
from hermes_cli.domain.contract.errors import InvalidInput
from memory_store import MemoryStore
from sample_operations import Stores, make, reach, released


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore()
    released(store, "0.9", "1.0", "1.1", "1.2rc1")
    reach(Stores(dev=store), monkeypatch)
    monkeypatch.chdir(make(tmp_path, monkeypatch))
    return store


@pytest.mark.parametrize("asked", [True, False])
def test_a_version_to_go_back_to_is_asked_for_on_a_terminal_only(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    questions: list[str] = []

    def prompt(text: str, **_: Any) -> str:
        questions.append(text)
        return "1.0 "

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(Printer, "may_ask", property(lambda _: asked))
    before = dict(store.objects)
    if asked:
        assert yank(Printer(command="yank"), "sales@1.1", "wrong", "dev") == 0
        assert questions == ["latest is 1.1, so it needs another version to go back to: which of 0.9, 1.0"]
        assert store.objects != before
    else:
        with pytest.raises(InvalidInput, match="needs another version"):
            yank(Printer(command="yank"), "sales@1.1", "wrong", "dev")
        assert (questions, store.objects) == ([], before)
