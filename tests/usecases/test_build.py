"""What a project's build refuses to make."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_builds import built_project, offline
from sample_repos import commit, make_repo, opened, sh, write

from hermes_cli.domain.errors import HermesError, ProjectFailed
from hermes_cli.usecases.build import build


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offline(tmp_path, monkeypatch)
    return make_repo(tmp_path / "repo", {**built_project("fine"), **built_project("sales")})


def failure_of(repo: Path, name: str) -> ProjectFailed:
    """Why this project was not built; the others were."""
    workspace = opened(repo)
    report = build(workspace, workspace.projects, repo.parent / "dist", notify=lambda event: None)
    assert [built.project for built in report.record.projects] == ["fine"]
    error = report.failures[name]
    assert isinstance(error, ProjectFailed)
    assert error.exit_code == 6
    return error


def test_a_submodule_fails_the_build_that_would_lack_it(repo: Path, tmp_path: Path) -> None:
    other = make_repo(tmp_path / "other", {"data.py": ""})
    allowed = ("git", "-c", "protocol.file.allow=always")
    sh(repo, *allowed, "submodule", "add", "-q", str(other), "sales/sales/vendored")
    commit(repo)
    assert "sales/sales/vendored is a git submodule" in failure_of(repo, "sales").message


def test_a_wheel_without_a_module_fails_the_build(repo: Path) -> None:
    text = (repo / "sales/backend.py").read_text()
    write(repo, {"sales/backend.py": text.replace("_files(NAME)", "{}")})
    error = failure_of(repo, "sales")
    assert "the wheel of sales is empty" in error.message
    assert "git does not ignore" in (error.hint or "")


def test_a_folder_that_cannot_take_the_build_is_named(repo: Path, tmp_path: Path) -> None:
    workspace, dist = opened(repo), tmp_path / "dist"
    write(dist, {"build.json": "{}", "fine": "a file where a folder must be"})
    with pytest.raises(HermesError, match=r"dist cannot be written: File exists$") as caught:
        build(workspace, workspace.projects, dist, notify=lambda event: None)
    assert "--out-dir" in (caught.value.hint or "")
