"""hermes deploy as a whole, into folders: what it takes along, leaves as it was, and refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from hermes_cli.adapters import wheels
from hermes_cli.domain.build_record import BuiltProject
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, Refused
from hermes_cli.domain.contract.suffixes import Release, parse_reference
from hermes_cli.domain.events import Event
from hermes_cli.domain.merge_markers import HOW_TO_RESOLVE
from hermes_cli.domain.project import Project
from hermes_cli.usecases.build import build
from hermes_cli.usecases.building.project_builder import ProjectBuilder
from hermes_cli.usecases.deploy import DeployReport, DeployRequest, deploy
from hermes_cli.usecases.run import run
from hermes_cli.usecases.status import status
from sample_builds import built_project, offer, offline
from sample_repos import HERMES, commit, make_repo, opened, sh, write

FOLDERS = """
[environments.dev]
path = ".hermes/dev"
accepts = ["features", "releases"]
release-from = "anywhere"
[environments.prod]
path = ".hermes/prod"
release-from = "anywhere"
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return offline(tmp_path, monkeypatch)


def repo_of(folder: Path, *projects: dict[str, str], settings: str = FOLDERS) -> Path:
    files = {name: text for project in projects for name, text in project.items()}
    return make_repo(folder / "repo", {"hermes.toml": HERMES + settings, **files})


def deployed(repo: Path, *names: str, **facts: Any) -> DeployReport:
    request = DeployRequest(projects=names, **facts)
    return deploy(opened(repo), request, notify=lambda event: None)


def told(report: DeployReport) -> list[tuple[str, str, str]]:
    return [(row.step.environment, row.step.project, row.change.value) for row in report.receipts]


def test_on_main_what_prod_lacks_is_deployed_though_dev_has_it(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("costs"), built_project("sales"))
    deployed(repo, environments=("dev",))
    deployed(repo, "costs", environments=("prod",))
    report = deployed(repo, changed=True)
    assert told(report) == [("dev", "sales", "nothing"), ("prod", "sales", "release")]
    assert deployed(repo, changed=True).receipts == ()


def test_one_project_is_uploaded_while_another_is_built(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repo_of(tmp_path, built_project("costs"), built_project("sales"))
    uploading, waited = threading.Event(), []
    finish = ProjectBuilder.build

    def finish_late(self: ProjectBuilder, project: Project, folder: Path) -> BuiltProject:
        if project.name == "sales":
            waited.append(uploading.wait(60))
        return finish(self, project, folder)

    def notify(event: Event) -> None:
        if event.message == "deploying to prod" and event.subject == "costs":
            uploading.set()

    monkeypatch.setattr(ProjectBuilder, "build", finish_late)
    report = deploy(opened(repo), DeployRequest(), notify=notify)
    assert waited == [True]
    assert {row.exit_code for row in report.receipts} == {0}


def test_a_release_takes_along_the_libraries_of_its_repo_and_these_first(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("app", "common"), built_project("common"), built_project("other"))
    assert told(deployed(repo, "app")) == [
        ("dev", "common", "release"),
        ("dev", "app", "release"),
        ("prod", "common", "release"),
        ("prod", "app", "release"),
    ]
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert told(deployed(repo, "app")) == [("dev", "app", "feature")]


def test_what_needs_a_refused_library_is_skipped(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("app", "common"), built_project("common"))
    deployed(repo, "common")
    write(repo, {"common/common/__init__.py": 'WORD = "another"\n'})
    commit(repo)
    report = deployed(repo, "app")
    assert told(report)[:2] == [("dev", "common", "refused"), ("dev", "app", "skipped")]
    assert next(row.exit_code for row in report.receipts if row.step.project == "common") == 4
    assert "common, which failed" in report.receipts[1].reason
    assert not list((repo / ".hermes").rglob("app*"))


def test_what_keeps_a_library_as_it_was_says_so(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("app", "common"), built_project("common"))
    deployed(repo)
    assert {row.reason for row in deployed(repo).receipts} == {"released, and not changed since"}
    write(repo, built_project("common", version="1.3.0"))
    commit(repo)
    for environment, changed in (("dev", False), ("prod", True)):
        report = deployed(repo, changed=changed, environments=(environment,))
        assert told(report) == [(environment, "app", "nothing"), (environment, "common", "release")]
        reason = report.receipts[0].reason
        assert reason == "released with the previous common; run `hermes bump app` to pick up the change"


@pytest.mark.parametrize(
    ("environments", "kind"), [((), InvalidInput), (("dev",), InvalidInput), (("prod",), HermesError)]
)
def test_an_empty_branch_is_no_branch_and_never_a_release(
    index: Path, tmp_path: Path, environments: tuple[str, ...], kind: type[HermesError]
) -> None:
    repo = repo_of(tmp_path, built_project("sales"))
    with pytest.raises(kind):
        deployed(repo, branch="", environments=environments)
    assert not (repo / ".hermes").exists()


@pytest.mark.parametrize("added", [False, True])
def test_an_unfinished_merge_is_settled_before_it_is_committed(
    index: Path, tmp_path: Path, added: bool
) -> None:
    repo = repo_of(tmp_path, built_project("sales"), {"sales/notes.md": "one\n"})
    for branch, text in (("feature/x", "two\n"), ("main", "three\n")):
        sh(repo, "git", "switch", "-q", *(["-c"] if branch != "main" else []), branch)
        write(repo, {"sales/notes.md": text})
        commit(repo)
    subprocess.run(("git", "merge", "-q", "feature/x"), cwd=repo, capture_output=True, check=False)
    write(repo, {"sales/new.md": "a file besides\n"})
    if added:
        write(repo, {"sales/notes.md": "both\n"})
        sh(repo, "git", "add", "-A")
    says = "not committed" if added else "a merge conflict is not resolved in sales/notes.md, "
    with pytest.raises(Refused, match=says) as caught:
        deployed(repo)
    (standing, _) = status(opened(repo), (), (), notify=lambda event: None)
    for hint in (caught.value.hint, standing.next):
        assert ("git add -A && git commit" in (hint or "")) is added
        assert (hint == HOW_TO_RESOLVE) is not added


@pytest.mark.parametrize("how", ["assume-unchanged", "skip-worktree"])
def test_a_release_is_what_is_committed_whatever_the_work_tree_hides(
    index: Path, tmp_path: Path, how: str
) -> None:
    repo = repo_of(tmp_path, built_project("sales"), {"docs/b.md": ""})
    for name in ("sales/sales/__init__.py", "sales/sales/sales.py"):
        sh(repo, "git", "update-index", f"--{how}", name)
        write(repo, {name: "print('not committed')\n"})
    before = deployed(repo)
    assert told(before) == [("dev", "sales", "release"), ("prod", "sales", "release")]
    clone = tmp_path / "clone"
    sh(tmp_path, "git", "clone", "-q", str(repo), str(clone))
    sh(clone, "git", "sparse-checkout", "set", "docs")
    shutil.copytree(repo / ".hermes", clone / ".hermes")
    assert told(deployed(clone)) == [("dev", "sales", "nothing"), ("prod", "sales", "nothing")]


def test_hidden_settings_stop_a_release(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("sales"))
    sh(repo, "git", "update-index", "--skip-worktree", "hermes.toml")
    write(repo, {"hermes.toml": (repo / "hermes.toml").read_text().replace("\n", "\r\n")})
    deployed(repo, dry_run=True)
    write(repo, {"hermes.toml": (repo / "hermes.toml").read_text().replace("growth", "others")})
    with pytest.raises(Refused, match=r"hermes\.toml has an edit that git is told to overlook") as caught:
        deployed(repo)
    sh(repo, *(caught.value.hint or "").rpartition(", or ")[2].split())
    with pytest.raises(Refused, match="changes that are not committed"):
        deployed(repo)


def test_line_ends_alone_stop_no_release(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("sales"), {"docs/b.md": "one\ntwo\n"})
    write(repo, {"docs/b.md": "one\r\ntwo\r\n", "sales/sales/__init__.py": 'WORD = "sales of the repo"\r\n'})
    assert sh(repo, "git", "status", "--porcelain")
    assert not deployed(repo).dirty
    write(repo, {"docs/b.md": "one\r\nthree\r\n"})
    with pytest.raises(Refused, match="changes that are not committed"):
        deployed(repo)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_folder_that_takes_releases_from_ci_believes_no_unknown_one(
    index: Path, tmp_path: Path, environment: str
) -> None:
    settings = FOLDERS.replace('release-from = "anywhere"', 'release-from = "ci"')
    repo = repo_of(tmp_path, built_project("sales"), settings=settings)
    for variables, says in (({}, "laptop"), ({"CI": "1"}, "a CI that Hermes does not know cannot say")):
        with pytest.raises(Refused, match=says):
            deploy(
                opened(repo, **variables),
                DeployRequest(environments=(environment,)),
                notify=lambda event: None,
            )
    assert not (repo / ".hermes").exists()


@pytest.mark.parametrize(("field", "value"), [("version", "zzz"), ("version", "1.0+x"), ("script", "../up")])
def test_a_record_that_no_manifest_could_hold_writes_nothing(
    index: Path, tmp_path: Path, field: str, value: str
) -> None:
    repo = repo_of(tmp_path, built_project("sales"))
    workspace = opened(repo)
    build(workspace, workspace.projects, tmp_path / "dist", notify=lambda event: None)
    path = tmp_path / "dist" / "build.json"
    record = json.loads(path.read_text())
    if field == "version":
        record["projects"][0]["version"] = value
    else:
        record["projects"][0]["scripts"][0]["name"] = value
    path.write_text(json.dumps(record))
    with pytest.raises(InvalidInput, match=r"is not a|has a local part"):
        deployed(repo, bundle=tmp_path / "dist")
    assert not (repo / ".hermes").exists()


def test_extras_of_a_library_of_the_repo_and_of_itself_are_locked_and_run(
    index: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    offer(index, "speedy", "3.1")
    offer(index, "shiny", "2.0")
    common = built_project("common", extras={"fast": "speedy>=3"})
    script = "import common, shiny, speedy\n\nprint(common.WORD, shiny.WORD, speedy.WORD, sep=', ')\n"
    app = built_project(
        "app", "common[fast]", "app[nice]", extras={"nice": "shiny", "more": "absent"}, script=script
    )
    repo = repo_of(tmp_path, app, common)
    deployed(repo, "app", environments=("dev",))
    workspace = opened(repo)
    store = workspace.store(workspace.settings.environment("dev"))
    layout = workspace.layout(workspace.project("app").name)
    manifest = catalog.resolve(store, layout, Release(Version("1.2.0"))).manifest
    pins = [line.split(" ")[0] for line in manifest.lock.splitlines() if not line.startswith(" ")]
    assert pins == ["shiny==2.0", "speedy==3.1"]
    assert [library.name for library in manifest.libraries] == ["common"]
    reference = parse_reference("app@latest")
    ran = run(workspace, reference, environment="dev", parameters=(), quiet=False, notify=lambda event: None)
    assert ran.exit_code == 0, capfd.readouterr().err
    assert capfd.readouterr().out == "common of the repo, shiny of the index, speedy of the index\n"


def test_a_library_of_the_repo_in_a_version_that_does_not_fit(index: Path, tmp_path: Path) -> None:
    offer(index, "common", "2.5")
    repo = repo_of(tmp_path, built_project("app", "common>=2"), built_project("common"))
    report = deployed(repo, "app", environments=("dev",))
    rows = {row.step.project: row for row in report.receipts}
    assert (rows["common"].change.value, rows["app"].change.value) == ("release", "failed")
    assert rows["app"].exit_code == 6
    assert "common" in rows["app"].reason


def test_a_repo_whose_gitignore_knows_no_hermes_stays_clean(index: Path, tmp_path: Path) -> None:
    repo = repo_of(tmp_path, built_project("sales"), settings="")
    write(repo, {".gitignore": "__pycache__/\n"})
    commit(repo)
    assert told(deployed(repo)) == [("local", "sales", "release")]
    assert sh(repo, "git", "status", "--porcelain") == ""
    (repo / ".hermes" / ".gitignore").unlink()
    sh(repo, "git", "clean", "-qfd")
    reference = parse_reference("sales")
    run(opened(repo), reference, environment=None, parameters=(), quiet=True, notify=lambda event: None)
    write(repo, {".hermes/products/table.csv": "as a script writes it"})
    assert sh(repo, "git", "status", "--porcelain") == ""


def test_a_wheel_is_read_and_restamped_once_and_not_for_each_environment(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repo_of(tmp_path, built_project("costs"))
    called: list[str] = []
    for name in ("read_wheel", "restamp"):
        real = getattr(wheels, name)

        def counting(*arguments: Any, real: Any = real, name: str = name) -> Any:
            called.append(name)
            return real(*arguments)

        monkeypatch.setattr(wheels, name, counting)
    assert {receipt.exit_code for receipt in deployed(repo).receipts} == {0}
    # One for the version and one for `latest`, though dev and prod get both.
    assert sorted(called) == ["read_wheel", "restamp", "restamp"]


def test_a_name_that_this_repo_released_is_not_taken_from_the_index(index: Path, tmp_path: Path) -> None:
    """Git has forgotten the project, and nobody wrote it down."""
    repo = repo_of(tmp_path, built_project("lake"), built_project("sales"))
    deployed(repo, "lake")
    sh(repo, "git", "rm", "-rq", "lake")
    write(repo, built_project("sales", "lake", "free"))
    commit(repo)
    offer(index, "lake", "9.9")
    offer(index, "free", "1.0")
    (dev, _) = deployed(repo).receipts
    assert dev.step.exit_code == 6
    assert dev.step.reason.startswith("sales needs lake, which is or was a project of this repo")
    other = HERMES.replace("a-repo", "another-repo") + FOLDERS
    write(repo, {"hermes.toml": other})
    commit(repo)
    assert not any(receipt.exit_code for receipt in deployed(repo).receipts)
