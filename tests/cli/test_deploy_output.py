"""How hermes deploy ends on a terminal: with commands that run what it has just deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.cli.deploy import deploy
from hermes_cli.cli.output.printer import Printer
from hermes_cli.domain.contract.names import parse_version
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.yank import yank
from sample_builds import built_project, offline
from sample_operations import FOLDERS, quiet, workspace_of
from sample_repos import HERMES, commit, make_repo, write


def project(name: str, version: str, *scripts: str) -> dict[str, str]:
    """The files of a project with scripts, or none."""
    named = ", ".join(f'"{script}"' for script in scripts)
    files = built_project(name, version=version, more=f"[tool.hermes]\nscripts = [{named}]\n")
    own = {f"{name}/{name}/{script}.py": f"print({version!r})\n" for script in scripts}
    return {**files, f"{name}/{name}/__init__.py": f"WORD = {version!r}\n", **own}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offline(tmp_path, monkeypatch)
    folders = FOLDERS.replace('accepts = ["features", "releases"]', 'accepts = ["features"]')
    files = {"hermes.toml": HERMES + folders}
    for name in ("costs", "lake", "mill"):
        files |= project(name, "1.0", name)
    made = make_repo(tmp_path / "repo", {**files, **project("sales", "1.0", "sales")})
    monkeypatch.chdir(made)
    return made


def proposed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The commands that a deploy proposes."""
    capsys.readouterr()
    assert deploy(Printer(command="deploy")) == 0
    return [line.strip() for line in capsys.readouterr().err.partition("next:\n")[2].splitlines()]


def test_after_a_deploy_what_was_just_released_is_run(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert proposed(capsys) == [f"hermes run {name}@1.0 --env prod" for name in ("costs", "lake", "mill")]
    write(repo, project("sales", "1.1", "sales"))
    commit(repo)
    assert proposed(capsys) == ["hermes run sales@1.1 --env prod"]


def test_what_was_there_before_is_not_proposed_as_it_may_be_yanked(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposed(capsys)
    write(repo, project("sales", "1.1", "sales"))
    commit(repo)
    proposed(capsys)
    back = parse_version("1.0", "--to")
    yank(workspace_of(repo), parse_reference("sales@1.1"), "prod", "wrong", back, notify=quiet)
    assert proposed(capsys) == []
    for marker in (repo / ".hermes/prod/growth/index/sales").rglob("*"):
        if marker.is_file():
            marker.unlink()  # as if that deploy had been killed
    assert proposed(capsys) == []


def test_a_library_is_not_run_and_a_script_with_another_name_is_named(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposed(capsys)
    write(repo, project("lake", "1.1"))
    write(repo, project("mill", "1.1", "backfill", "totals"))
    write(repo, project("sales", "1.1", "totals"))
    commit(repo)
    assert proposed(capsys) == [
        "hermes run mill/backfill@1.1 --env prod",
        "hermes run sales@1.1 --env prod",
    ]
