"""What hermes doctor looks at: a check that fails has its fix, and stops no other."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput
from hermes_cli.domain.health_checks import Check, CheckStatus
from hermes_cli.usecases.doctor import Diagnosis, check_conditions, doctor
from memory_store import MemoryStore
from sample_builds import offer, offline
from sample_repos import HERMES, make_repo, opened, project_file, sh, write

OWNER = "growth/sales/owner.json"
SALES = {
    "sales/pyproject.toml": project_file("sales"),
    "sales/sales/sales.py": "",
    "sales/sales/__init__.py": "",
}


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index is a folder with pytest in it, and the home is new."""
    folder = offline(tmp_path, monkeypatch)
    offer(folder, "pytest", "99")
    return folder


@pytest.fixture
def repo(index: Path, tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", SALES)


def look(start: Path, *environments: str) -> Diagnosis:
    variables = {key: os.environ[key] for key in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")}
    return doctor(start, environments, environ=variables, notify=lambda event: None)


def checks(diagnosis: Diagnosis, place: str) -> Mapping[str, Check]:
    (part,) = [part for part in diagnosis.examined if part.place == place]
    for check in part.checks:
        assert check.fix or check.verdict in (CheckStatus.OK, CheckStatus.SKIPPED), check
    return {check.name: check for check in part.checks}


def test_an_airflow_repo_is_not_asked_for_projects(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + 'kind = "airflow"\n'})
    seen = checks(look(repo), "this repo")["projects"]
    assert (seen.verdict, seen.fix) == (CheckStatus.SKIPPED, None)


def test_outside_of_a_repo_only_the_machine_is_looked_at(tmp_path: Path) -> None:
    diagnosis = look(tmp_path)
    assert diagnosis.healthy
    assert [part.place for part in diagnosis.examined] == ["this machine", "this repo"]
    machine = checks(diagnosis, "this machine")
    assert list(machine) == ["git", "git identity", "Python", "uv", "package index", "cache folder"]
    assert {check.verdict for check in machine.values()} == {CheckStatus.OK}
    assert machine["package index"].seen == "reachable, offers pytest 99"
    (settings,) = checks(diagnosis, "this repo").values()
    assert settings.verdict is CheckStatus.SKIPPED


def test_a_healthy_repo(repo: Path) -> None:
    before = sorted(repo.rglob("*"))
    diagnosis = look(repo / "sales")
    assert diagnosis.healthy
    found = checks(diagnosis, "this repo")
    assert list(found) == ["settings", "repository", "default branch", "projects"]
    assert found["projects"].seen == "sales"
    assert found["repository"].seen.startswith("branch main (from git), commit ")
    local = checks(diagnosis, "local")
    assert local["directory"].seen == f"{repo / '.hermes/local'} can be made"
    assert local["conditional writes"].verdict is CheckStatus.SKIPPED
    assert local["conditional writes"].seen == "not checked before the first deploy"
    assert sorted(repo.rglob("*")) == before


def test_what_is_wrong_in_settings_stops_no_check_of_the_machine(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + "[environments.dev]\nbukcet = 'x'\n"})
    diagnosis = look(repo)
    assert not diagnosis.healthy
    (settings,) = checks(diagnosis, "this repo").values()
    assert settings.verdict is CheckStatus.PROBLEM
    assert "bukcet" in settings.seen
    assert checks(diagnosis, "this machine")["uv"].verdict is CheckStatus.OK


def test_a_repo_that_asks_for_a_newer_hermes(repo: Path) -> None:
    write(repo, {"hermes.toml": 'required-version = ">=99"\n' + HERMES})
    (settings,) = checks(look(repo), "this repo").values()
    assert settings.verdict is CheckStatus.PROBLEM
    assert "asks for Hermes >=99" in settings.seen
    write(repo, {"hermes.toml": 'required-version = ">=0.0"\n' + HERMES})
    assert checks(look(repo), "this repo")["settings"].seen.endswith("asks for (>=0.0)")


def test_an_environment_that_there_is_not(repo: Path) -> None:
    with pytest.raises(InvalidInput):
        look(repo, "prud")


def test_only_the_named_environments_are_looked_at(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + '[environments.other]\npath = "elsewhere"\n'})
    assert [part.place for part in look(repo).examined][2:] == ["local", "other"]
    assert [part.place for part in look(repo, "other", "other").examined][2:] == ["other"]


def test_no_identity_is_a_warning(tmp_path: Path) -> None:
    (Path(os.environ["GIT_CONFIG_GLOBAL"])).write_text("")
    diagnosis = look(tmp_path)
    identity = checks(diagnosis, "this machine")["git identity"]
    assert identity.verdict is CheckStatus.WARNING
    assert "git config --global user.name" in (identity.fix or "")
    assert diagnosis.healthy


def test_no_git_is_a_problem_and_the_rest_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = checks(look(tmp_path), "this machine")
    assert machine["git"].verdict is CheckStatus.PROBLEM
    assert "install git" in (machine["git"].fix or "")
    assert machine["uv"].verdict is CheckStatus.OK


def test_an_old_git_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.17.1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    assert checks(look(tmp_path), "this machine")["git"].verdict is CheckStatus.WARNING


def test_a_folder_that_is_no_git_repository(repo: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    write(plain, {"hermes.toml": HERMES, **SALES})
    found = checks(look(plain), "this repo")
    assert found["repository"].verdict is CheckStatus.PROBLEM
    assert found["projects"].seen == "sales"


@pytest.mark.parametrize(
    ("theirs", "verdict"),
    [("main", CheckStatus.OK), ("trunk", CheckStatus.PROBLEM), (None, CheckStatus.SKIPPED)],
)
def test_the_default_branch_is_compared_with_origin(
    repo: Path, theirs: str | None, verdict: CheckStatus
) -> None:
    fix = "git remote add origin ADDRESS"
    assert checks(look(repo), "this repo")["default branch"].fix == fix
    sh(repo, "git", "remote", "add", "origin", "https://git.acme.example/sales.git")
    if theirs:
        sh(repo, "git", "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{theirs}")
    check = checks(look(repo), "this repo")["default branch"]
    assert check.verdict is verdict
    assert verdict is CheckStatus.OK or "git remote set-head origin --auto" in (check.fix or "")


def test_a_broken_project_is_a_problem(repo: Path) -> None:
    write(repo, {"sales/pyproject.toml": "[project\n"})
    found = checks(look(repo), "this repo")
    assert found["projects"].verdict is CheckStatus.PROBLEM
    assert found["repository"].verdict is CheckStatus.OK


def test_an_index_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://user:hunter2@127.0.0.1:1/simple")
    diagnosis = look(tmp_path)
    check = checks(diagnosis, "this machine")["package index"]
    assert check.verdict is CheckStatus.PROBLEM
    assert "could not be reached" in check.seen
    assert "hunter2" not in f"{check}"
    assert not diagnosis.healthy


def test_a_cluster_python_that_is_not_here_is_a_warning(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))  # with nothing to search
    write(repo, {"hermes.toml": HERMES + '[environments.local]\npython = "3.16"\n'})
    check = checks(look(repo), "this machine")["cluster's Python"]
    assert check.verdict is CheckStatus.WARNING
    assert "3.16" in check.seen


@pytest.mark.parametrize("place", ["cache folder", "directory"])
def test_a_place_that_is_a_file(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "a file").write_text("")
    if place == "directory":
        write(repo, {"hermes.toml": HERMES + f'[environments.local]\npath = "{tmp_path}/a file/deep"\n'})
        check = checks(look(repo), "local")[place]
        assert checks(look(repo), "local")["conditional writes"].verdict is CheckStatus.SKIPPED
    else:
        monkeypatch.setenv("HERMES_CACHE_DIR", str(tmp_path / "a file" / "deep"))
        check = checks(look(repo), "this machine")[place]
    assert check.verdict is CheckStatus.PROBLEM
    assert str(tmp_path / "a file") in check.seen
    assert f"ls -ld '{tmp_path}/a file', or " in (check.fix or "")


class Refusing(MemoryStore):
    """A store whose conditions cannot be checked, or do not hold."""

    def __init__(self, error: HermesError) -> None:
        super().__init__()
        self.objects[OWNER] = b"{}"
        self._error = error

    def check_conditions(self, key: str) -> None:
        raise self._error


def test_conditions_are_tried_on_what_is_there(repo: Path) -> None:
    store = MemoryStore()
    assert check_conditions(opened(repo), store).verdict is CheckStatus.SKIPPED
    store.objects[OWNER] = b"{}"
    check = check_conditions(opened(repo), store)
    assert check.verdict is CheckStatus.OK
    assert OWNER in check.seen
    assert store.objects == {OWNER: b"{}"}


def test_who_may_only_read_is_told_so(repo: Path) -> None:
    check = check_conditions(opened(repo), Refusing(AccessDenied("no PutObject", hint="ask")))
    assert check.verdict is CheckStatus.WARNING
    assert "read but not write" in check.seen


def test_a_store_that_ignores_conditions_is_a_problem(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Refusing(HermesError("the store ignores conditional writes", hint="use another store"))
    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.Workspace.store", lambda *_: store)
    diagnosis = look(repo)
    check = checks(diagnosis, "local")["conditional writes"]
    assert check.verdict is CheckStatus.PROBLEM
    assert check.fix == "use another store"
    assert not diagnosis.healthy
