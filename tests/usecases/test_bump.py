"""Raising a version: what it counts from, what it refuses, and what of the file stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import AccessDenied, Conflict, InvalidInput
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.toml_text import parse_toml
from hermes_cli.domain.version_bump import next_version
from hermes_cli.domain.version_source import version_source
from hermes_cli.usecases.bump import Bumped, bump
from hermes_cli.usecases.repo.workspace import Workspace
from sample_drafts import deploy, feature, release
from sample_repos import HERMES, commit, isolate, make_repo, opened, project_file, sh, write

PLACES = '[environments.dev]\npath = ".hermes/dev"\n[environments.prod]\npath = ".hermes/prod"\n'


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project sales at 1.2.0, with two environments in which nothing is released."""
    isolate(tmp_path / "home", monkeypatch)
    files = {"hermes.toml": HERMES + PLACES, "sales/pyproject.toml": project_file("sales")}
    return make_repo(tmp_path / "repo", files)


def bumped(repo: Path, to: str = "patch") -> Bumped:
    return bump(opened(repo), "sales", to, notify=lambda event: None)


def version(repo: Path) -> str:
    project = parse_toml((repo / "sales/pyproject.toml").read_text(), "")["project"]
    return str(project["version"])


def released(repo: Path, environment: str, *versions: str) -> None:
    workspace = opened(repo)
    store = workspace.store(workspace.settings.environment(environment))
    for one in versions:
        deploy(store, release(one))


# the next version


@pytest.mark.parametrize(
    ("start", "major", "minor", "patch"),
    [
        ("1.2.3", "2.0.0", "1.3.0", "1.2.4"),
        ("0.1.0", "1.0.0", "0.2.0", "0.1.1"),
        ("1.2", "2.0", "1.3", "1.2.1"),
        ("1", "2", "1.1", "1.0.1"),
        ("1.2.3.4", "2.0.0.0", "1.3.0.0", "1.2.4.0"),
        ("1.2.0rc1", "2.0.0", "1.2.0", "1.2.0"),
        ("1.2.3rc1", "2.0.0", "1.3.0", "1.2.3"),
        ("2.0.0rc1", "2.0.0", "2.0.0", "2.0.0"),
        ("2.0rc1", "2.0", "2.0", "2.0.0"),
        ("1.2.3.dev4", "2.0.0", "1.3.0", "1.2.3"),
        ("1.2.3.post1", "2.0.0", "1.3.0", "1.2.4"),
        ("2026.11", "2027.0", "2026.12", "2026.11.1"),
        ("1!1.2.3", "1!2.0.0", "1!1.3.0", "1!1.2.4"),
    ],
)
def test_the_next_version(start: str, major: str, minor: str, patch: str) -> None:
    for part, expected in (("major", major), ("minor", minor), ("patch", patch)):
        found = next_version(Version(start), part)
        assert (str(found), found > Version(start)) == (expected, True)


# what it counts from


def test_by_itself_it_counts_from_the_version_that_stands_there(repo: Path) -> None:
    assert bumped(repo) == Bumped(
        project="sales", old="1.2.0", new="1.2.1", above=("dev", "prod", "main"), unasked=()
    )
    assert bumped(repo, "minor").new == version(repo) == "1.3.0"
    assert bumped(repo, "major").new == version(repo) == "2.0.0"
    assert bumped(repo, "2.1.0-rc.1").new == version(repo) == "2.1.0rc1"
    assert bumped(repo).new == version(repo) == "2.1.0"


def test_it_counts_from_what_is_released_where_that_is_higher(repo: Path) -> None:
    released(repo, "dev", "1.2.0", "1.9.0")
    released(repo, "prod", "1.2.0")
    workspace = opened(repo)
    deploy(workspace.store(workspace.settings.environment("prod")), feature("feature/x"))
    assert bumped(repo).new == "1.9.1"


def test_it_counts_from_the_base_branch_where_that_is_higher(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    sh(repo, "git", "switch", "-q", "main")
    write(repo, {"sales/pyproject.toml": project_file("sales", version="1.4.0")})
    commit(repo)
    sh(repo, "git", "switch", "-q", "feature/x")
    assert bumped(repo, "minor").new == "1.5.0"


def test_a_version_may_be_lowered_to_one_that_is_not_taken(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"sales/pyproject.toml": project_file("sales", version="3.0.0")})
    assert bumped(repo, "1.2.1").new == version(repo) == "1.2.1"


# what it refuses


@pytest.mark.parametrize("asked", ["1.2.0", "1.2", "1.1.9", "1.2.0rc1"])
def test_not_below_what_is_taken_and_not_the_same(repo: Path, asked: str) -> None:
    released(repo, "prod", "1.2.0")
    before = (repo / "sales/pyproject.toml").read_bytes()
    with pytest.raises(
        Conflict, match=rf"sales {asked} is not above 1.2.0, which is released in prod"
    ) as told:
        bumped(repo, asked)
    assert told.value.hint == "hermes bump sales 1.2.1"
    assert (repo / "sales/pyproject.toml").read_bytes() == before


def test_without_access_git_is_asked_and_it_says_so(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(workspace: Workspace, environment: Environment) -> Store:
        raise AccessDenied("there are no AWS credentials", hint="log in")

    monkeypatch.setattr(Workspace, "store", denied)
    with pytest.raises(Conflict, match=r"sales 1\.2\.0 is not above 1\.2\.0, which main has"):
        bumped(repo, "1.2.0")
    done = bumped(repo)
    assert done.new == "1.2.1"
    assert done.above == ("main",)
    assert done.unasked == ("dev: there are no AWS credentials", "prod: there are no AWS credentials")


def test_where_nothing_can_be_asked_it_raises_what_is_here(repo: Path) -> None:
    sh(repo, "git", "update-ref", "-d", "refs/heads/main")
    done = bumped(repo)
    assert (done.new, done.unasked) == ("1.2.1", ("main: nothing is committed yet",))


@pytest.mark.parametrize("asked", ["ptach", "", "1.2.0+local", "latest"])
def test_what_is_no_version_and_no_part(repo: Path, asked: str) -> None:
    with pytest.raises(InvalidInput) as told:
        bumped(repo, asked)
    assert "major, minor, patch" in (told.value.hint or "")
    assert version(repo) == "1.2.0"


DYNAMIC = {
    '[tool.hatch.version]\npath = "sales/__init__.py"\n': "the file sales/__init__.py",
    '[tool.hatch.version]\nsource = "vcs"\n': "git's tags",
    "[tool.setuptools_scm]\n": "git's tags",
    '[tool.setuptools.dynamic]\nversion = {attr = "sales.__version__"}\n': "the variable sales.__version__",
    '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n': "the file VERSION",
    '[tool.pdm.version]\nsource = "file"\npath = "sales/v.py"\n': "the file sales/v.py",
    '[tool.pdm.version]\nsource = "scm"\n': "git's tags",
    '[build-system]\nrequires = []\nbuild-backend = "flit_core.buildapi"\n': "__version__ of the package sales",
    '[build-system]\nrequires = []\nbuild-backend = "mine"\n': "its build backend, mine",
    "": "setup.cfg or setup.py",
}


@pytest.mark.parametrize("more", DYNAMIC)
def test_a_version_that_comes_from_somewhere_else_is_told(repo: Path, more: str) -> None:
    text = project_file("sales").replace('version = "1.2.0"', 'dynamic = ["version"]') + more
    write(repo, {"sales/pyproject.toml": text})
    with pytest.raises(InvalidInput, match="does not say the version of sales itself") as told:
        bumped(repo)
    assert f"it comes from {DYNAMIC[more]}" in told.value.message
    assert (repo / "sales/pyproject.toml").read_text() == text


def test_a_file_without_a_project_table_says_its_version_elsewhere() -> None:
    poetry = {
        "build-system": {"build-backend": "poetry.core.masonry.api"},
        "tool": {"poetry": {"version": "1"}},
    }
    assert version_source(poetry, "sales") == "version of [tool.poetry]"


# what stays

FILES = {
    "a comment and spaces": "[project]\nname='sales'\nversion  =  '1.2.0'   # raise it\n\n\n# end\n",
    "Windows": '\ufeff[project]\r\nname = "sales"\r\nversion = "1.2.0"\r\n\r\n[tool.x]\r\na=1\r\n',
    "one line": 'project = { name = "sales", version = "1.2.0" } # odd\n',
    "dotted": '[tool.x]\nversion = "1.2.0a"\n[project]\n"version"="1.2.0"\nname = "sales"',
}


@pytest.mark.parametrize("name", FILES)
def test_nothing_else_in_the_file_changes(repo: Path, name: str) -> None:
    write(repo, {"sales/pyproject.toml": FILES[name]})
    bumped(repo)
    expected = FILES[name].replace('"1.2.0"', '"1.2.1"').replace("'1.2.0'", "'1.2.1'")
    assert (repo / "sales/pyproject.toml").read_bytes().decode() == expected
