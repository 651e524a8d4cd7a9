"""The environment of a working tree: the repo's own projects, never their namesakes on an index."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hermes_cli.adapters.python_environments import PythonEnvironment
from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.usecases.running.working_environments import working_environment
from sample_builds import built_project, offer, offline
from sample_repos import HERMES, make_repo, opened, write


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It has whatever the repo has too, in a higher version."""
    folder = offline(tmp_path, monkeypatch)
    for name, version in {"pytest": "99", "base": "9.9", "deep": "9.9", "extra": "1.0"}.items():
        offer(folder, name, version)
    return folder


def environment_of(repo: Path, name: str, *, tests: bool) -> PythonEnvironment:
    workspace = opened(repo)
    project = workspace.project(name)
    return working_environment(workspace, project, tests=tests, notify=lambda event: None)[0]


def word(environment: PythonEnvironment, module: str) -> str:
    command = [str(environment.python), "-c", f"import {module}; print({module}.WORD)"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=True)
    return done.stdout.strip()


APPS = {
    "dynamic": built_project("app", "base", dynamic=True),
    "group": built_project("app", more='[dependency-groups]\ntest = ["base"]\n'),
    "extra": built_project("app", extras={"test": "base"}),
    "plain": built_project("app", "base"),
}


@pytest.mark.parametrize("kind", APPS)
def test_whatever_asks_for_a_project_of_the_repo_gets_that(index: Path, tmp_path: Path, kind: str) -> None:
    base, deep = built_project("base", "deep"), built_project("deep", dynamic=True)
    repo = make_repo(tmp_path / "repo", {**APPS[kind], **base, **deep})
    made = environment_of(repo, "app", tests=True)
    assert {name: made.installed[name] for name in ("base", "deep")} == {"base": "1.2.0", "deep": "1.2.0"}
    for name in ("base", "deep"):
        assert word(made, name) == f"{name} of the repo"
    write(repo, {"base/base/__init__.py": 'WORD = "edited"\n'})
    assert word(environment_of(repo, "app", tests=True), "base") == "edited"


def test_a_project_that_nothing_asks_for_is_not_installed(index: Path, tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", {**built_project("app"), **built_project("base")})
    assert set(environment_of(repo, "app", tests=False).installed) == {"app"}


@pytest.mark.parametrize("where", ["app", "base", "base, declared"])
def test_another_requirements_file_is_another_environment(index: Path, tmp_path: Path, where: str) -> None:
    app = built_project("app", "base", dynamic=where != "base, declared")
    repo = make_repo(tmp_path / "repo", {**app, **built_project("base", dynamic=True)})
    first = environment_of(repo, "app", tests=False)
    assert "extra" not in first.installed
    assert not environment_of(repo, "app", tests=False).fresh
    lines = "base\nextra\n" if where == "app" else "extra\n"
    write(repo, {f"{where.split(',')[0]}/requirements.txt": lines})
    changed = environment_of(repo, "app", tests=False)
    assert changed.fresh
    assert changed.installed["extra"] == "1.0"
    assert changed.installed["base"] == "1.2.0"


def test_a_sibling_is_installed_by_its_marker_and_with_what_its_extras_need(
    index: Path, tmp_path: Path
) -> None:
    lake = built_project("lake", extras={"more": "deep"})
    files = {**lake, **built_project("deep", dynamic=True), **built_project("base")}
    app = built_project("app", "lake[more]", 'base; sys_platform == "win32"', dynamic=True)
    repo = make_repo(tmp_path / "repo", {**files, **app})
    made = environment_of(repo, "app", tests=False)
    assert dict(made.installed) == {"app": "1.2.0", "lake": "1.2.0", "deep": "1.2.0"}
    assert word(made, "deep") == "deep of the repo"


def test_what_does_not_run_on_the_clusters_python_is_refused(index: Path, tmp_path: Path) -> None:
    app, base = built_project("app", "base"), built_project("base", python="<3.11")
    settings = f'{HERMES}[environments.dev]\npath = "dev"\npython = "3.11"\n'
    repo = make_repo(tmp_path / "repo", {**app, **base, "hermes.toml": settings})
    with pytest.raises(ProjectFailed, match=r"base, which app needs, requires Python <3.11, and the cluster"):
        environment_of(repo, "app", tests=False)
    write(repo, built_project("base", python=">=3.11"))
    assert "base" in environment_of(repo, "app", tests=False).installed


def test_tests_may_need_what_needs_the_project(index: Path, tmp_path: Path) -> None:
    app = built_project("app", more='[dependency-groups]\ntest = ["kit"]\n')
    repo = make_repo(tmp_path / "repo", {**app, **built_project("kit", "app")})
    assert {"app", "kit", "pytest"} == set(environment_of(repo, "app", tests=True).installed)
    assert {"app"} == set(environment_of(repo, "app", tests=False).installed)


def test_a_project_that_is_gone_is_not_taken_from_the_index(index: Path, tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", {**built_project("app", "base"), **built_project("base")})
    shutil.rmtree(repo / "base")
    with pytest.raises(ProjectFailed, match=r"^app needs base, which is or was a project of this repo"):
        environment_of(repo, "app", tests=False)
    write(repo, {"hermes.toml": f'allow-from-index = ["Base"]\n{HERMES}'})
    assert word(environment_of(repo, "app", tests=False), "base") == "base of the index"


def test_a_package_of_the_index_that_needs_a_project_is_refused(index: Path, tmp_path: Path) -> None:
    offer(index, "http", "1.0", "base")
    repo = make_repo(tmp_path / "repo", {**built_project("app", "http"), **built_project("base")})
    for app in ("http", "base", "http"):
        write(repo, built_project("app", *{"http", app}))
        with pytest.raises(ProjectFailed, match=r"^http needs base, which is or was a project of this repo"):
            environment_of(repo, "app", tests=False)
