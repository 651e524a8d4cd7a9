"""Which projects a branch changes, asked of real git."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.usecases.building.known_requirements import known_requirements
from hermes_cli.usecases.comparing.changed_projects import (
    changed_projects,
    projects_to_test,
    released_everywhere,
)
from hermes_cli.usecases.repo.workspace import Workspace
from sample_builds import built_project, offline
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
    tree = workspace.source.tree(project.folder)
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


def to_test(start: Path, *on_index: str) -> list[str]:
    """Which projects' tests may break; `on_index` are packages of the index."""
    workspace = opened(start)
    with known_requirements(workspace, lambda event: None) as known:
        chosen = projects_to_test(
            workspace,
            workspace.projects,
            released_everywhere(workspace),
            requirements=known.of,
            on_index=lambda name: name in on_index,
        )
    return [project.name for project in chosen]


GROUPS = '[dependency-groups]\ntest = [{include-group = "more"}]\nmore = ["kit"]\n'
NEEDS = {
    "plain": built_project("app", "lake"),
    "dynamic": built_project("app", "lake", dynamic=True),
    "extra of another": built_project("app", "river[all]"),
    "dynamic extra of another": built_project("app", "river[all]", dynamic=True),
    "by way of another": built_project("app", "pond"),
    "marker": built_project("app", 'lake; sys_platform == "win32"'),
    "group": built_project("app", more=GROUPS),
    "test extra": built_project("app", extras={"test": "kit"}),
}


@pytest.mark.parametrize("kind", NEEDS)
def test_all_that_tests_need_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    offline(tmp_path, monkeypatch)
    others = {
        **built_project("lake"),
        **built_project("river", extras={"all": "river[more]", "more": "lake"}),
        **built_project("pond", "river[more]", dynamic=True),
        **built_project("kit", "lake", "app"),
        **built_project("alone", "river"),
    }
    repo = make_repo(tmp_path / "repo", {**NEEDS[kind], **others})
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert to_test(repo) == []
    write(repo, {"lake/lake/more.py": ""})
    chosen = to_test(repo)
    assert {"app", "lake", "pond"} <= set(chosen)
    assert not {"alone", "river"} & set(chosen)


def test_what_cannot_be_known_may_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(tmp_path, monkeypatch)
    broken = built_project("broken", dynamic=True) | {"broken/backend.py": "raise SystemExit(1)\n"}
    poetry = (
        '[tool.poetry]\nname = "old"\n[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n'
    )
    old = built_project("old", "lake", dynamic=True) | {"old/pyproject.toml": poetry}
    repo = make_repo(tmp_path / "repo", {**broken, **old, **built_project("lake"), **built_project("app")})
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert to_test(repo) == ["broken"]
    write(repo, {"lake/lake/more.py": ""})
    assert to_test(repo) == ["broken", "lake", "old"]


def test_a_project_that_goes_breaks_what_needs_it(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    sh(repo, "git", "rm", "-rq", "base")
    assert to_test(repo) == ["sales", "top"]
    commit(repo)
    assert to_test(repo) == ["sales", "top"]


def test_a_new_project_may_take_the_name_of_a_package_that_others_need(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"idna/pyproject.toml": project_file("idna")})
    assert to_test(repo) == ["idna"]
    assert to_test(repo, "idna") == ["base", "costs", "idna", "sales", "top"]


@pytest.mark.parametrize("file", ["conftest.py", "pytest.ini", "setup.cfg", "hermes.toml"])
def test_files_at_the_top_that_pytest_reads_may_break_all(repo: Path, file: str) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {file: HERMES if file == "hermes.toml" else "", "README.md": "hi\n"})
    assert to_test(repo) == ([] if file == "hermes.toml" else ALL)  # that is as it was
    write(repo, {file: HERMES + "# more\n"})
    assert to_test(repo) == ALL
