"""The names that are this repo's own: here, committed, on the default branch, and past ones."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hermes_cli.usecases.repo.own_names import own_names
from sample_repos import HERMES, commit, isolate, make_repo, opened, project_file, sh, write


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    files = {
        "my_lake/pyproject.toml": project_file("my-lake"),
        "shop/pyproject.toml": project_file("shop"),
        "docs/a.md": "",
        ".tools/pyproject.toml": project_file("tools"),
    }
    return make_repo(tmp_path / "repo", files)


def test_a_project_keeps_its_name_until_it_is_gone_from_the_default_branch(repo: Path) -> None:
    assert own_names(opened(repo)) == {"my-lake", "shop"}
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    shutil.rmtree(repo / "my_lake")
    assert own_names(opened(repo)) == {"my-lake", "shop"}  # at HEAD
    commit(repo)
    assert own_names(opened(repo)) == {"my-lake", "shop"}  # on main
    sh(repo, "git", "branch", "-f", "main", "HEAD")
    assert own_names(opened(repo)) == {"shop"}
    sh(repo, "git", "branch", "-D", "main")
    assert own_names(opened(repo)) == {"shop"}


def test_past_projects_stay_and_what_is_allowed_may_come_from_an_index(repo: Path) -> None:
    write(
        repo, {"hermes.toml": f'past-projects = ["Old.Lake", "idna"]\nallow-from-index = ["IDNA"]\n{HERMES}'}
    )
    assert own_names(opened(repo)) == {"my-lake", "old-lake", "shop"}
    assert own_names(replace(opened(repo), git=None)) == {"my-lake", "old-lake", "shop"}
    broken = replace(opened(repo), left_out=frozenset({"my_lake"}))
    assert own_names(broken) == {"my-lake", "old-lake", "shop"}


def test_before_the_first_commit(tmp_path: Path, repo: Path) -> None:
    sh(tmp_path, "git", "init", "-q", "new")
    write(tmp_path / "new", {"hermes.toml": HERMES, "shop/pyproject.toml": project_file("shop")})
    assert own_names(opened(tmp_path / "new")) == {"shop"}
