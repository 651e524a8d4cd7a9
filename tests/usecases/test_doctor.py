"""What hermes doctor looks at: a check that fails has its fix, and stops no other."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hermes_cli import __version__
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


def tells(check: Check, verdict: CheckStatus, seen: Sequence[str], fix: Sequence[str] = ()) -> None:
    """The check ends so, and names these facts; without parts of a fix it has none."""
    assert check.verdict is verdict, check
    assert [part for part in seen if part not in check.seen] == [], check.seen
    assert [part for part in fix if part not in (check.fix or "")] == [], check.fix
    assert fix or check.fix is None, check.fix


def test_an_airflow_repo_is_not_asked_for_projects(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + 'kind = "airflow"\n'})
    seen = checks(look(repo), "this repo")["projects"]
    tells(seen, CheckStatus.SKIPPED, ["Airflow"])


def test_outside_of_a_repo_only_the_machine_is_looked_at(tmp_path: Path) -> None:
    diagnosis = look(tmp_path)
    assert diagnosis.healthy
    assert [part.place for part in diagnosis.examined] == ["this machine", "this repo"]
    machine = checks(diagnosis, "this machine")
    assert list(machine) == ["git", "git identity", "Python", "uv", "package index", "cache folder"]
    assert {check.verdict for check in machine.values()} == {CheckStatus.OK}
    assert machine["package index"].seen == "reachable, offers pytest 99"
    assert re.match(r"2\.\d+", machine["git"].seen)
    assert machine["git identity"].seen == "Some One <one@example.com>"
    tells(machine["Python"], CheckStatus.OK, [platform.python_version(), sys.executable])
    assert re.match(r"(uv )?0\.\d+", machine["uv"].seen)
    cache = Path(os.environ["HERMES_CACHE_DIR"])
    tells(machine["cache folder"], CheckStatus.OK, [f"{cache} can be "])
    assert [part.url for part in diagnosis.examined] == ["", ""]
    assert list(checks(diagnosis, "this repo")) == ["settings"]
    settings = checks(diagnosis, "this repo")["settings"]
    tells(settings, CheckStatus.SKIPPED, ["hermes.toml"], ["hermes new"])


def test_a_healthy_repo(repo: Path) -> None:
    before = sorted(repo.rglob("*"))
    diagnosis = look(repo / "sales")
    assert diagnosis.healthy
    found = checks(diagnosis, "this repo")
    assert list(found) == ["settings", "repository", "default branch", "projects"]
    tells(found["settings"], CheckStatus.OK, ["growth", __version__])
    assert "hermes.toml" not in found["settings"].seen  # which asks for no version
    assert [part.url for part in diagnosis.examined] == ["", repo.as_uri(), (repo / ".hermes/local").as_uri()]
    assert found["projects"].seen == "sales"
    head = sh(repo, "git", "rev-parse", "HEAD").strip()
    assert found["repository"].seen == f"branch main (from git), commit {head[:12]}"
    local = checks(diagnosis, "local")
    assert local["directory"].seen == f"{repo / '.hermes/local'} can be made"
    assert local["conditional writes"].verdict is CheckStatus.SKIPPED
    assert local["conditional writes"].seen == "not checked before the first deploy"
    assert sorted(repo.rglob("*")) == before


def test_what_is_wrong_in_settings_stops_no_check_of_the_machine(repo: Path) -> None:
    write(repo, {"hermes.toml": HERMES + "[environments.dev]\nbukcet = 'x'\n"})
    diagnosis = look(repo)
    assert not diagnosis.healthy
    assert list(checks(diagnosis, "this repo")) == ["settings"]
    tells(checks(diagnosis, "this repo")["settings"], CheckStatus.PROBLEM, ["bukcet"], ["bucket"])
    assert checks(diagnosis, "this machine")["uv"].verdict is CheckStatus.OK


def test_a_repo_that_asks_for_a_newer_hermes(repo: Path) -> None:
    write(repo, {"hermes.toml": 'required-version = ">=99"\n' + HERMES})
    (settings,) = checks(look(repo), "this repo").values()
    assert settings.verdict is CheckStatus.PROBLEM
    assert "asks for Hermes >=99" in settings.seen
    write(repo, {"hermes.toml": 'required-version = ">=0.0"\n' + HERMES})
    tells(checks(look(repo), "this repo")["settings"], CheckStatus.OK, ["growth", __version__, ">=0.0"])


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
    names = ["user.name", "user.email"]
    tells(identity, CheckStatus.WARNING, names, [f"git config --global {name} " for name in names])
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
    git = checks(look(tmp_path), "this machine")["git"]
    tells(git, CheckStatus.WARNING, ["2.17.1", "git switch"], ["2.23"])


def test_a_folder_that_is_no_git_repository(repo: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    write(plain, {"hermes.toml": HERMES, **SALES})
    found = checks(look(plain), "this repo")
    tells(found["repository"], CheckStatus.PROBLEM, ["plain", "git"], ["git init -b main", "git commit"])
    assert found["projects"].seen == "sales"


def test_a_repository_without_a_commit(repo: Path, tmp_path: Path) -> None:
    sh(tmp_path, "git", "init", "-q", "-b", "trunk", "new")
    write(tmp_path / "new", {"hermes.toml": HERMES})
    found = checks(look(tmp_path / "new"), "this repo")
    start = ["git add -A", "git commit"]
    tells(found["repository"], CheckStatus.WARNING, ["branch trunk", "git", "no commit"], start)
    tells(found["projects"], CheckStatus.WARNING, ["none"], ["hermes new "])


def test_all_projects_are_listed(repo: Path) -> None:
    write(repo, {"costs/pyproject.toml": project_file("costs"), "costs/costs/costs.py": ""})
    tells(checks(look(repo), "this repo")["projects"], CheckStatus.OK, ["costs, sales"])


def test_a_detached_head_is_told(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "--detach")
    tells(
        checks(look(repo), "this repo")["repository"], CheckStatus.OK, ["detached head (from git), commit "]
    )


SET_HEAD = "git remote set-head origin --auto"
DEFAULT_BRANCHES = {
    "the same": ("main", CheckStatus.OK, ["main", "origin/HEAD"], []),
    "another": (
        "trunk",
        CheckStatus.PROBLEM,
        ["hermes.toml says main", "origin/HEAD says trunk", "no release"],
        ['default-branch = "trunk"', "hermes.toml", SET_HEAD],
    ),
    "not known": (None, CheckStatus.SKIPPED, ["main", "origin", "not known"], [SET_HEAD]),
}


@pytest.mark.parametrize(
    ("theirs", "verdict", "seen", "fix"), DEFAULT_BRANCHES.values(), ids=DEFAULT_BRANCHES.keys()
)
def test_the_default_branch_is_compared_with_origin(
    repo: Path, theirs: str | None, verdict: CheckStatus, seen: list[str], fix: list[str]
) -> None:
    alone = checks(look(repo), "this repo")["default branch"]
    tells(alone, CheckStatus.SKIPPED, ["main", "no origin"], ["git remote add origin ADDRESS"])
    sh(repo, "git", "remote", "add", "origin", "https://git.acme.example/sales.git")
    if theirs:
        sh(repo, "git", "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{theirs}")
    tells(checks(look(repo), "this repo")["default branch"], verdict, seen, fix)


@pytest.mark.parametrize("pushed", [True, False])
def test_the_default_branch_of_origin_can_be_set_where_its_host_has_none(
    repo: Path, tmp_path: Path, pushed: bool
) -> None:
    origin = tmp_path / "origin.git"
    sh(tmp_path, "git", "init", "-q", "--bare", str(origin))
    sh(origin, "git", "symbolic-ref", "HEAD", "refs/heads/nowhere")
    sh(repo, "git", "remote", "add", "origin", str(origin))
    if pushed:
        sh(repo, "git", "push", "-q", "origin", "main")
    found = checks(look(repo), "this repo")["default branch"]
    assert found.verdict is CheckStatus.SKIPPED
    subprocess.run(found.fix or "", shell=True, cwd=repo, check=True, capture_output=True)
    if not pushed:
        found = checks(look(repo), "this repo")["default branch"]
        subprocess.run(found.fix or "", shell=True, cwd=repo, check=True, capture_output=True)
    assert checks(look(repo), "this repo")["default branch"].verdict is CheckStatus.OK


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
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    tells(check, CheckStatus.WARNING, ["3.16", running], ["uv python install 3.16"])


def test_a_cluster_python_that_is_here(repo: Path) -> None:
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    write(repo, {"hermes.toml": HERMES + f'[environments.local]\npython = "{wanted}"\n'})
    tells(checks(look(repo), "this machine")["cluster's Python"], CheckStatus.OK, [f"{wanted}, /"])


def test_private_indexes_are_named(repo: Path, index: Path) -> None:
    write(
        repo, {"hermes.toml": HERMES + f'[indexes]\nacme = "{index.as_uri()}"\nother = "{index.as_uri()}"\n'}
    )
    seen = checks(look(repo), "this machine")["package index"]
    tells(seen, CheckStatus.OK, ["pytest 99", "private: acme, other"])


def test_folders_that_are_there_can_be_written(repo: Path, tmp_path: Path) -> None:
    cache, local = Path(os.environ["HERMES_CACHE_DIR"]), repo / ".hermes/local"
    for folder in (cache, local):
        folder.mkdir(parents=True, exist_ok=True)
    diagnosis = look(repo)
    assert checks(diagnosis, "this machine")["cache folder"].seen == f"{cache} can be written"
    assert checks(diagnosis, "local")["directory"].seen == f"{local} can be written"


def test_what_the_system_refuses_is_skipped_with_its_reason(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, reason in (
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (OSError(), "OSError"),
    ):

        def refuse(error: OSError = error) -> str:
            raise error

        monkeypatch.setattr("hermes_cli.usecases.doctor.git_version", refuse)
        machine = checks(look(repo), "this machine")
        tells(machine["git"], CheckStatus.SKIPPED, ["not checked", reason])
        assert machine["uv"].verdict is CheckStatus.OK


def test_a_place_that_cannot_be_reached_at_all(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def store(*_: object) -> None:
        raise HermesError("no such profile: growth", hint="aws configure")

    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.Workspace.store", store)
    diagnosis = look(repo)
    assert list(checks(diagnosis, "local")) == ["place"]
    assert diagnosis.examined[-1].url == ""
    tells(checks(diagnosis, "local")["place"], CheckStatus.PROBLEM, ["growth"], ["aws configure"])
    assert not diagnosis.healthy


def test_it_says_where_it_looks(repo: Path) -> None:
    heard: list[str] = []
    doctor(repo, (), environ={}, notify=lambda event: heard.append(event.subject))
    assert heard == ["this machine", "local"]


@pytest.mark.parametrize("place", ["cache folder", "directory"])
def test_a_place_that_is_a_file(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "a file").write_text("")
    file = tmp_path / "a file"
    if place == "directory":
        write(repo, {"hermes.toml": HERMES + f'[environments.local]\npath = "{file}/deep"\n'})
        found, setting = checks(look(repo), "local"), "[environments.local]"
        tells(found["conditional writes"], CheckStatus.SKIPPED, ["not checked", "directory"])
    else:
        monkeypatch.setenv("HERMES_CACHE_DIR", str(file / "deep"))
        found, setting = checks(look(repo), "this machine"), "HERMES_CACHE_DIR"
    tells(found[place], CheckStatus.PROBLEM, [str(file)], [f"ls -ld '{file}'", setting])


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
    tells(check_conditions(opened(repo), store), CheckStatus.SKIPPED, ["first deploy"])
    store.objects[OWNER] = b"{}"
    check = check_conditions(opened(repo), store)
    tells(check, CheckStatus.OK, [OWNER])
    assert store.objects == {OWNER: b"{}"}


def test_who_may_only_read_is_told_so(repo: Path) -> None:
    check = check_conditions(opened(repo), Refusing(AccessDenied("no PutObject", hint="ask")))
    tells(check, CheckStatus.WARNING, ["read but not write", "no PutObject"])


def test_a_store_that_ignores_conditions_is_a_problem(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Refusing(HermesError("the store ignores conditional writes", hint="use another store"))
    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.Workspace.store", lambda *_: store)
    diagnosis = look(repo)
    check = checks(diagnosis, "local")["conditional writes"]
    assert check.verdict is CheckStatus.PROBLEM
    assert check.fix == "use another store"
    assert not diagnosis.healthy
