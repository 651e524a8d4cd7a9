"""Edits that git is told to overlook are named by whatever runs or builds a work tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.domain.events import Event, Listener
from hermes_cli.usecases.build import build
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.run import run
from hermes_cli.usecases.test import test as run_tests
from sample_builds import built_project, offer, offline
from sample_repos import make_repo, opened, sh, write


def _build(workspace: Workspace, notify: Listener) -> None:
    build(workspace, workspace.select(["base", "shop"]), workspace.root.parent / "dist", notify=notify)


def _run(workspace: Workspace, notify: Listener) -> None:
    run(workspace, parse_reference("shop"), environment=None, parameters=(), quiet=False, notify=notify)


def _test(workspace: Workspace, notify: Listener) -> None:
    run_tests(workspace, ["shop"], changed=False, quiet=False, arguments=(), notify=notify)


@pytest.mark.parametrize("work", [_build, _run, _test])
def test_an_edit_that_git_overlooks_is_named_in_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[Workspace, Listener], None]
) -> None:
    offer(offline(tmp_path, monkeypatch), "pytest", "99")
    base = built_project("base") | {f"base/{number}.txt": "" for number in range(5)}
    files = {**base, **built_project("shop", "base"), **built_project("other"), "shop/tests/a.txt": ""}
    repo = make_repo(tmp_path / "repo", files)
    names = ["shop/shop/__init__.py", "other/backend.py", *(f"base/{number}.txt" for number in range(5))]
    for name, how in zip(names, ["assume-unchanged", *["skip-worktree"] * 6], strict=True):
        sh(repo, "git", "update-index", f"--{how}", name)
    warnings: list[Event] = []
    events: list[Event] = []
    work(opened(repo), events.append)
    assert not [one for one in events if one.warning]
    write(repo, dict.fromkeys(names, "edited = True\n"))
    work(opened(repo), lambda event: warnings.append(event) if event.warning else None)
    assert [one.subject for one in warnings] == ["base", "shop"]
    base_says, shop_says = (one.message for one in warnings)
    assert "of base/0.txt, base/1.txt, base/2.txt and 2 more; " in base_says
    assert "overlook, of shop/shop/__init__.py; " in shop_says
    assert "git update-index --no-assume-unchanged FILE, or --no-skip-worktree FILE" in shop_says


def test_outside_of_git_nothing_is_overlooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(tmp_path, monkeypatch)
    write(tmp_path / "plain", {"hermes.toml": 'team = "growth"\n', **built_project("shop")})
    warnings: list[Event] = []
    _run(opened(tmp_path / "plain"), lambda event: warnings.append(event) if event.warning else None)
    assert warnings == []
