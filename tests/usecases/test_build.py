"""What a project's build makes, makes only once, and refuses to make."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hermes_cli.adapters.cache import cache_root
from hermes_cli.domain.build_record import BuiltProject
from hermes_cli.domain.contract.errors import HermesError, ProjectFailed
from hermes_cli.usecases.build import build
from sample_builds import built_project, offer, offline
from sample_repos import HERMES, commit, make_repo, opened, sh, write


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


@pytest.mark.parametrize("earlier", [False, True])
def test_a_folder_that_fills_up_stays_as_it_was_and_takes_the_next_build(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    workspace, dist = opened(repo), tmp_path / "dist"

    def built() -> None:
        build(workspace, workspace.projects, dist, notify=lambda event: None)

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in dist.rglob("*") if path.is_file()}

    if earlier:
        built()
    write(dist, {"mine.txt": "not of a build"} if earlier else {})
    before = files()
    real = shutil.copyfile

    def full(source: str, target: str, **options: bool) -> str:
        if "sales" in str(target) and str(target).startswith(str(dist)):
            raise OSError(errno.ENOSPC, "No space left on device", target)
        return real(source, target, **options)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        with pytest.raises(HermesError, match=r"dist cannot be written: No space left on device$"):
            built()
    assert files() == before
    built()
    assert {path.name for path in files()} >= {"build.json", "fine-1.2.0-py3-none-any.whl", "sales.py"}
    assert (dist / "mine.txt").exists() is earlier
    assert not list(dist.glob(".*"))


COUNTING = """
import os
import pathlib

_plain = build_wheel


def build_wheel(*arguments, **options):
    with open(os.environ["COUNTED"], "a") as file:
        file.write(NAME + "\\n")
    return _plain(*arguments, **options)
"""


@pytest.fixture
def counted(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Builds the repo anew, and tells which projects' backends were asked for a wheel."""
    log = tmp_path / "counted"
    monkeypatch.setenv("COUNTED", str(log))
    for name in ("fine", "sales"):
        write(repo, {f"{name}/backend.py": (repo / f"{name}/backend.py").read_text() + COUNTING})
    commit(repo)

    def build_all() -> list[str]:
        log.write_text("")
        workspace = opened(repo)
        report = build(workspace, workspace.projects, tmp_path / "dist", notify=lambda event: None)
        assert not report.failures
        assert [built.project for built in report.record.projects] == ["fine", "sales"]
        return sorted(log.read_text().split())

    return build_all


def test_what_has_not_changed_is_not_built_again(
    repo: Path, tmp_path: Path, counted: Callable[[], list[str]]
) -> None:
    assert counted() == ["fine", "sales"]
    first = {path.name: path.read_bytes() for path in (tmp_path / "dist").rglob("*") if path.is_file()}
    assert counted() == []
    assert {p.name: p.read_bytes() for p in (tmp_path / "dist").rglob("*") if p.is_file()} == first
    write(repo, {"README.md": "Beside the projects.\n"})
    assert counted() == []


def edit(repo: Path, _: pytest.MonkeyPatch) -> None:
    write(repo, {"fine/fine/more.py": "A = 1\n"})


def grow(repo: Path, _: pytest.MonkeyPatch) -> None:
    write(repo, {"fine/data.bin": "x"})


def rename(repo: Path, _: pytest.MonkeyPatch) -> None:
    (repo / "fine/fine/fine.py").rename(repo / "fine/fine/other.py")


def make_runnable(repo: Path, _: pytest.MonkeyPatch) -> None:
    (repo / "fine/fine/fine.py").chmod(0o755)


def link(repo: Path, _: pytest.MonkeyPatch) -> None:
    (repo / "fine/fine/link.py").symlink_to("fine.py")


def set_variable(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING_OF_A_BACKEND", "1")


def write_settings(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("~/.pydistutils.cfg").expanduser().write_text("[build]\n")


def upgrade_hermes(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hermes_cli.usecases.building.wheel_cache.__version__", "99.0")


def upgrade_python(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version", "3.99")


def remake_environment(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(cache_root() / "builds")


@pytest.mark.parametrize(
    "change",
    [
        edit,
        grow,
        rename,
        make_runnable,
        link,
        set_variable,
        write_settings,
        upgrade_hermes,
        upgrade_python,
        remake_environment,
    ],
)
def test_whatever_decides_a_build_makes_it_anew(
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    counted: Callable[[], list[str]],
    change: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    monkeypatch.setenv("HOME", str(repo.parent))
    counted()
    change(repo, monkeypatch)
    assert "fine" in counted()
    assert counted() == []


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"requires": None},
        {"requires": [1]},
        {"requires": "hatchling"},
        {"extra": {"a": "b"}},
        {"file": ["x.whl"]},
        {"file": "../x.whl"},
        {"backend": 3},
        "text",
        None,
    ],
)
def test_a_kept_build_that_is_none_is_made_anew(
    counted: Callable[[], list[str]], forged: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted()
    for path in (cache_root() / "made").rglob("*"):
        if path.is_file():
            head, _, data = path.read_bytes().partition(b"\n")[2].partition(b"\n")
            kept = json.loads(head)
            kept["facts"] = kept["facts"] | forged if isinstance(forged, dict) and forged else forged
            rest = json.dumps(kept).encode() + b"\n" + data
            path.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
    assert counted() == ["fine", "sales"]
    assert counted() == []


def test_a_shell_of_another_kind_is_no_reason_to_build_again(
    counted: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted()
    for name in ("TERM", "SHLVL", "COLUMNS", "SSH_CONNECTION", "AWS_PROFILE", "HERMES_OUTPUT"):
        monkeypatch.setenv(name, "another")
    assert counted() == []


@pytest.mark.parametrize("library", ["true", "false"])
def test_a_url_with_credentials_that_only_the_backend_knows_is_refused(repo: Path, library: str) -> None:
    url = "https://me:hush@example.com/lake-1.0-py3-none-any.whl"
    more = f"[tool.hermes]\nlibrary = {library}\n"
    write(repo, built_project("sales", f"lake @ {url}", dynamic=True, more=more))
    error = failure_of(repo, "sales")
    assert "Requires-Dist: a URL holds credentials" in error.message
    assert "hush" not in str(vars(error))


PYTHONS = 'team = "growth"\nrepo-id = "a-repo"\n' + "".join(
    f'[environments.{name}]\npath = "{name}"\npython = "{python}"\n'
    for name, python in (("local", "3.10"), ("dev", "3.11"))
)


def built_sales(repo: Path, *requires: str, python: str | None = None) -> BuiltProject:
    """Sales with these requirements, beside a library `lake` with an extra and the `deep` that this needs."""
    lake = built_project("lake", extras={"more": "deep"}, python=python)
    write(
        repo, {"hermes.toml": PYTHONS, **built_project("sales", *requires), **lake, **built_project("deep")}
    )
    workspace = opened(repo)
    projects = (workspace.project("sales"),)
    report = build(workspace, projects, repo.parent / "dist", notify=lambda event: None)
    for error in report.failures.values():
        raise error
    (built,) = report.record.projects
    return built


def needed(built: BuiltProject) -> dict[str, list[str]]:
    return {python: [one.name for one in built.libraries_on(python)] for python in built.locks}


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("lake", {"3.10": ["lake"], "3.11": ["lake"]}),
        ("lake[more]", {"3.10": ["deep", "lake"], "3.11": ["deep", "lake"]}),
        ('lake; sys_platform == "win32"', {"3.10": [], "3.11": []}),
        ('lake; python_version < "3.11"', {"3.10": ["lake"], "3.11": []}),
        ('lake[more]; python_version >= "3.11"', {"3.10": [], "3.11": ["deep", "lake"]}),
    ],
)
def test_a_sibling_comes_along_by_its_marker_and_with_what_its_extras_need(
    repo: Path, requirement: str, expected: dict[str, list[str]]
) -> None:
    built = built_sales(repo, requirement)
    assert needed(built) == expected
    assert sorted(built.needs) == sorted({name for names in expected.values() for name in names})
    assert set(built.locks.values()) == {""}


def test_a_sibling_must_run_on_the_python_of_each_environment_that_needs_it(repo: Path) -> None:
    with pytest.raises(ProjectFailed) as caught:
        built_sales(repo, "lake", python="<3.11")
    assert caught.value.message == (
        "lake, which sales needs, requires Python <3.11, and the cluster has 3.11"
    )
    built = built_sales(repo, 'lake; python_version < "3.11"', python="<3.11")
    assert needed(built) == {"3.10": ["lake"], "3.11": []}


def test_a_name_of_the_repo_is_never_taken_from_the_index(repo: Path, tmp_path: Path) -> None:
    offer(tmp_path / "index", "lake", "9.9")
    offer(tmp_path / "index", "http", "1.0", "lake")
    for requirement, needs in (("lake", "sales"), ("http", "http")):
        write(repo, {"hermes.toml": f'past-projects = ["lake"]\n{HERMES}'})
        write(repo, built_project("sales", requirement))
        error = failure_of(repo, "sales")
        assert error.message.startswith(f"{needs} needs lake, which is or was a project of this repo")
        write(repo, {"hermes.toml": f'past-projects = ["lake"]\nallow-from-index = ["lake"]\n{HERMES}'})
        workspace = opened(repo)
        report = build(workspace, workspace.projects, tmp_path / "dist", notify=lambda event: None)
        locks = [lock for one in report.record.projects for lock in one.locks.values()]
        assert any("lake==9.9" in lock for lock in locks)


def test_nothing_builds_with_a_package_named_like_a_project(repo: Path, tmp_path: Path) -> None:
    offer(tmp_path / "index", "fine", "9.9")
    text = (repo / "sales/pyproject.toml").read_text().replace("requires = []", 'requires = ["fine"]')
    write(repo, {"sales/pyproject.toml": text})
    assert "needs fine, which is or was a project of this repo" in failure_of(repo, "sales").message
