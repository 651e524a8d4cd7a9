"""The secrets of a run: where they are read from, and what is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.usecases.running.run_secrets import find_secrets
from sample_repos import commit, isolate, make_repo, opened, write


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return make_repo(tmp_path / "repo", {".gitignore": ".env\n"})


def found(repo: Path, *names: str, **variables: str) -> dict[str, str]:
    return find_secrets(opened(repo, **variables), "sales", names)


def test_a_variable_comes_before_the_file_and_nothing_else_is_taken(repo: Path) -> None:
    write(repo, {".env": "A=file\nB=file\nOTHER=file\n"})
    assert found(repo, "A", "B", A="mine", MORE="x") == {"A": "mine", "B": "file"}
    assert found(repo, "A", A="") == {"A": "file"}
    assert found(repo) == {}


@pytest.mark.parametrize("names", [("KEY",), ("KEY", "TOKEN")])
def test_secrets_that_nobody_has_are_named_and_where_to_write_them(
    repo: Path, names: tuple[str, ...]
) -> None:
    write(repo, {".env": "THERE=x\nKEY=\n"})
    with pytest.raises(InvalidInput) as caught:
        found(repo, "THERE", *names)
    for part in ("sales", ".env", *names):
        assert part in caught.value.message
    assert "THERE" not in caught.value.message
    assert str(repo / ".env") in (caught.value.hint or "")
    assert [name for name in names if f"{name}=…" not in (caught.value.hint or "")] == []


def test_a_value_that_no_variable_can_hold_is_refused_without_showing_it(repo: Path) -> None:
    write(repo, {".env": "FINE=x\nKEY=hunter2\0\n"})
    with pytest.raises(InvalidInput, match="KEY") as caught:
        found(repo, "FINE", "KEY")
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
    assert ".env" in (caught.value.hint or "")


@pytest.mark.parametrize("how", ["committed", "not ignored", "committed before it was ignored"])
def test_a_file_that_git_would_share_is_refused(repo: Path, how: str) -> None:
    write(repo, {".env": "KEY=x\n", ".gitignore": ""})
    if how != "not ignored":
        commit(repo)
    if how == "committed before it was ignored":
        write(repo, {".gitignore": ".env\n"})
    with pytest.raises(Refused, match="git") as caught:
        found(repo, "KEY")
    assert "git rm --cached --ignore-unmatch .env" in (caught.value.hint or "")
    assert "echo .env >> .gitignore" in (caught.value.hint or "")
    assert found(repo) == {}  # who needs none does not mind
