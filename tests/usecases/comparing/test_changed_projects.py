"""Which projects a branch changes, asked of real git."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.usecases.comparing.changed_projects import changed_projects, released_everywhere
from hermes_cli.usecases.repo.workspace import Workspace
from sample_repos import HERMES, commit, isolate, make_repo, opened, project_file, sh, write

FILES = {
    "base/pyproject.toml": project_file("base"),
    "base/base/__init__.py": "",
    "costs/pyproject.toml": project_file("costs"),
    "sales/pyproject.toml": project_file("sales", "base", "pandas"),
    "top/pyproject.toml": project_file("top", "sales"),
    "README.md": "hello\n",
}
ALL = ["base", "costs", "sales", "top"]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return make_repo(tmp_path / "repo", FILES)


def changed(start: Path, **variables: str) -> list[str]:
    workspace = opened(start, **variables)
    return [
        project.name
        for project in changed_projects(workspace, workspace.projects, released_everywhere(workspace))
    ]


def test_a_feature_branch_changes_what_it_touches_and_what_needs_that(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert changed(repo) == []
    write(repo, {"README.md": "hi\n"})
    assert changed(repo) == []
    write(repo, {"costs/new.py": ""})  # not even added
    assert changed(repo) == ["costs"]
    commit(repo)
    assert changed(repo) == ["costs"]
    write(repo, {"base/base/__init__.py": "x = 1\n"})
    assert changed(repo) == ["base", "costs", "sales", "top"]


def test_only_the_projects_that_were_asked_for_are_told(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"base/base/__init__.py": "x = 1\n"})
    workspace = opened(repo)
    asked = workspace.select(["sales", "costs"])
    assert [project.name for project in changed_projects(workspace, asked, [])] == ["sales"]


def test_what_the_default_branch_got_since_does_not_count(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"costs/a.py": ""})
    commit(repo)
    sh(repo, "git", "switch", "-q", "main")
    write(repo, {"top/b.py": ""})
    commit(repo)
    sh(repo, "git", "switch", "-q", "feature/x")
    assert changed(repo) == ["costs"]


def test_a_deleted_file_is_a_change_and_ignored_ones_are_none(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"costs/.hermes/x": ""})
    assert changed(repo) == []
    (repo / "base/base/__init__.py").unlink()
    assert "base" in changed(repo)


def test_an_edit_of_the_settings_changes_everything(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"hermes.toml": HERMES + "# changed\n"})
    assert changed(repo) == ALL


def test_where_the_base_is_not_known_everything_has_changed(repo: Path, tmp_path: Path) -> None:
    commit(repo)
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"costs/a.py": ""})
    commit(repo)
    sh(tmp_path, "git", "clone", "-q", "--depth=1", "--branch=feature/x", repo.as_uri(), "shallow")
    assert changed(tmp_path / "shallow") == ALL
    clone = ("git", "clone", "-q", "--depth=2", "--no-single-branch", "--branch=feature/x", repo.as_uri())
    sh(tmp_path, *clone, "shallow but with the base")
    assert changed(tmp_path / "shallow but with the base") == ALL
    sh(repo, "git", "branch", "-D", "main")
    assert changed(repo) == ALL


def test_a_detached_head_counts_from_the_default_branch(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "--detach")
    write(repo, {"costs/a.py": ""})
    assert changed(repo) == ["costs"]


def mark(workspace: Workspace, name: str) -> None:
    """Say in the environment that a project's tree is released."""
    project = workspace.project(name)
    tree = workspace.require_git().tree(project.folder, dirty=False)
    key = workspace.layout(project.name).index_marker(Version("1.2.0"), tree)
    assert workspace.store(workspace.default_environment()).put_new(key, b"") is None


def test_on_the_default_branch_what_is_not_released_has_changed(repo: Path) -> None:
    assert changed(repo) == ALL
    workspace = opened(repo)
    for name in ("base", "costs", "sales"):
        mark(workspace, name)
    assert changed(repo) == ["top"]
    mark(workspace, "top")
    assert changed(repo) == []
    write(repo, {"costs/a.py": ""})
    assert changed(repo) == ["costs"]
    commit(repo)
    assert changed(repo) == ["costs"]
    write(repo, {"base/b.py": ""})
    commit(repo)
    assert changed(repo) == ALL


def test_what_one_environment_lacks_has_changed(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + '[environments.dev]\npath = "a"\n[environments.prod]\npath = "b"\n'})
    commit(repo)
    workspace = opened(repo)
    for name in ("base", "costs", "sales", "top"):
        mark(workspace, name)  # in dev, the first
    assert changed(repo) == ALL
    prod = workspace.store(workspace.settings.environment("prod"))
    for entry in workspace.store(workspace.default_environment()).list(""):
        if "/costs/" not in entry.key:
            assert prod.put_new(entry.key, b"") is None
    assert changed(repo) == ["costs"]


def test_an_edit_of_one_file_between_projects_with_like_names(repo: Path) -> None:
    write(repo, {"sales_more/pyproject.toml": project_file("sales-more")})
    commit(repo)
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"sales_more/a.py": ""})
    assert changed(repo) == ["sales_more"]


def test_without_git_it_cannot_be_told(tmp_path: Path, repo: Path) -> None:
    write(tmp_path / "plain", {"hermes.toml": HERMES, **FILES})
    with pytest.raises(HermesError, match="not in a git repository"):
        changed(tmp_path / "plain")
