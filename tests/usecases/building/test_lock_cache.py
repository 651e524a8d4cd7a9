"""Locks are resolved once for as long as that is recent, and anew for another question."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.usecases.building import lock_cache
from hermes_cli.usecases.building.lock_cache import FRESH, DependencyResolver


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What an index was asked for; each answer is another one."""
    found: list[Any] = []

    def lock(requirements: Any, **_: Any) -> str:
        found.append(requirements)
        return f"pandas==2.{len(found)}\n"

    monkeypatch.setattr(lock_cache, "lock", lock)
    monkeypatch.setenv("HERMES_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return found


def ask(
    *requirements: str,
    python: str = "3.11",
    indexes: dict[str, str] | None = None,
    own_names: frozenset[str] = frozenset(),
) -> str:
    return DependencyResolver(indexes or {}).lock(
        requirements, [], python=python, files={}, own_names=own_names, starting=lambda: None
    )


def test_the_same_question_has_the_same_answer_for_an_hour(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("pandas", "a") == ask("a", "pandas") == "pandas==2.1\n"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + FRESH + 60)
    assert ask("pandas", "a") == "pandas==2.2\n"


def test_what_needs_nothing_asks_nobody(asked: list[Any]) -> None:
    assert ask() == ""
    assert asked == []
    with pytest.raises(InvalidInput, match="credentials"):
        ask(indexes={"acme": "https://me:secret@127.0.0.1/simple"})


def with_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("UV_INDEX_URL", "https://127.0.0.1/simple")
    return ask("pandas")


def with_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text("no-index = true\n")
    return ask("pandas")


@pytest.mark.parametrize(
    "again",
    [
        lambda *_: ask("pandas", python="3.12"),
        lambda *_: ask("pandas>1"),
        lambda *_: ask("pandas", own_names=frozenset({"pandas"})),
        lambda *_: ask("pandas", indexes={"acme": "https://127.0.0.1/simple"}),
        with_variable,
        with_settings,
    ],
)
def test_another_question_is_asked(
    asked: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    again: Callable[[pytest.MonkeyPatch, Path], str],
) -> None:
    assert ask("pandas") == "pandas==2.1\n"
    assert again(monkeypatch, tmp_path) == "pandas==2.2\n"


def test_a_new_project_of_the_repo_asks_again_only_where_a_lock_has_its_name(asked: list[Any]) -> None:
    assert ask("pandas") == ask("pandas", own_names=frozenset({"lake"})) == "pandas==2.1\n"
