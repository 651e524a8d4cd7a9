"""The repo that a command works in: where it starts, which settings hold, which projects it has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hermes_cli.domain.branch_ref import RefKind
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, Refused
from hermes_cli.usecases.repo.workspace import default_layers, find_root, project_of_folder
from sample_repos import HERMES, isolate, make_repo, opened, project_file, sh, write

DEV = '[environments.dev]\nbucket = "a-dev"\nregion = "eu-west-1"\n[new]\nci = "none"\n'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return tmp_path / "home"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    files = {"sales/pyproject.toml": project_file("sales"), "costs/pyproject.toml": project_file("costs")}
    return make_repo(tmp_path / "repo", {**files, "sales/sales/sales.py": "", "docs/index.md": ""})


def test_a_repo_is_found_from_any_folder_in_it(repo: Path) -> None:
    workspace = opened(repo / "sales" / "sales")
    assert workspace.root == repo
    assert [project.name for project in workspace.projects] == ["costs", "sales"]
    assert workspace.checkout.head == sh(repo, "git", "rev-parse", "HEAD")
    assert not workspace.checkout.dirty
    assert (workspace.ref.branch, workspace.user) == ("main", "Some One")


def test_outside_of_a_repo_the_next_step_is_named(tmp_path: Path) -> None:
    assert find_root(tmp_path) is None
    with pytest.raises(InvalidInput, match="is not in a Hermes repo") as caught:
        opened(tmp_path)
    assert "hermes new" in (caught.value.hint or "")


def test_the_settings_must_lie_at_the_top_of_the_git_repository(repo: Path) -> None:
    write(repo, {"sub/hermes.toml": HERMES})
    with pytest.raises(InvalidInput, match="but the git repository starts at") as caught:
        opened(repo / "sub")
    assert "move hermes.toml" in (caught.value.hint or "")


def test_a_repository_within_another_is_its_own(repo: Path) -> None:
    inner = make_repo(repo / "inner", {"deep/pyproject.toml": project_file("deep")})
    assert opened(inner / "deep").root == inner
    assert [project.name for project in opened(inner).projects] == ["deep"]
    write(repo / "vendored", {"pyproject.toml": project_file("vendored")})
    sh(repo / "vendored", "git", "init", "-q")
    assert [project.name for project in opened(repo).projects] == ["costs", "sales"]


def test_without_git_projects_are_found_and_nothing_may_be_released(tmp_path: Path) -> None:
    write(tmp_path / "plain", {"hermes.toml": HERMES, "sales/pyproject.toml": project_file("sales")})
    workspace = opened(tmp_path / "plain")
    assert [project.name for project in workspace.projects] == ["sales"]
    assert workspace.ref.kind is RefKind.NONE
    assert (workspace.checkout.head, workspace.checkout.dirty, workspace.user) == (None, True, None)
    with pytest.raises(HermesError, match="plain is not in a git repository"):
        workspace.require_git()


def test_what_git_ignores_is_no_project(repo: Path) -> None:
    write(repo, {".gitignore": "build/\n", "build/pyproject.toml": project_file("build")})
    write(repo, {".hidden/pyproject.toml": "[project"})
    write(repo, {"tools/pyproject.toml": "[tool.ruff]\n"})
    assert [project.name for project in opened(repo).projects] == ["costs", "sales"]


def test_projects_are_selected_by_name(repo: Path) -> None:
    workspace = opened(repo)
    assert [project.name for project in workspace.select(["sales/", "sales", "costs"])] == ["sales", "costs"]
    assert len(workspace.select([])) == 2
    assert workspace.project("sales/").name == "sales"
    with pytest.raises(InvalidInput, match="no project 'sale' in this repo") as caught:
        workspace.select(["sale"])
    assert caught.value.hint == "did you mean sales?"
    with pytest.raises(InvalidInput) as caught:
        workspace.project("xyz")
    assert (caught.value.hint, caught.value.note) == (None, "there are: costs, sales")


def test_an_empty_repo_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="empty has no projects yet") as caught:
        opened(make_repo(tmp_path / "empty")).select([])
    assert caught.value.hint == "hermes new my_project"


def test_the_project_of_a_folder(repo: Path) -> None:
    workspace = opened(repo)
    inside = project_of_folder(workspace, repo / "sales" / "sales")
    assert inside is not None
    assert inside.name == "sales"
    assert project_of_folder(workspace, repo) is None
    assert project_of_folder(workspace, repo / "docs") is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("hermes.toml", b'team = "\xff"\n', "hermes.toml is not UTF-8"),
        ("hermes.toml", b"team = \n", "hermes.toml:1: not valid TOML"),
        ("hermes.toml", b"", "team is missing"),
        ("sales/pyproject.toml", b'[project]\nname = "\xff"\n', "sales/pyproject.toml is not UTF-8"),
        ("sales/pyproject.toml", b"[project\n", "sales/pyproject.toml:1: not valid TOML"),
        ("Sales2/pyproject.toml", project_file("Sales2").encode(), "'Sales2' is not a project name"),
    ],
)
def test_a_broken_file_is_named(repo: Path, name: str, content: bytes, message: str) -> None:
    write(repo, {name: content})
    with pytest.raises(InvalidInput) as caught:
        assert opened(repo).projects
    assert message in caught.value.message


def test_two_folders_that_are_one_package_cannot_both_be_here(repo: Path) -> None:
    for name in ("sales-report", "sales_report"):
        write(repo, {f"{name}/pyproject.toml": project_file(name)})
    with pytest.raises(InvalidInput, match="sales-report and sales_report are the same package"):
        assert opened(repo).projects


def test_edits_that_git_is_told_to_overlook_are_named_and_are_none(repo: Path) -> None:
    (sales,) = opened(repo).select(["sales"])
    assert opened(repo).hidden_edits(sales) == ()
    names = ("sales/pyproject.toml", "sales/sales/sales.py", "docs/index.md")
    sh(repo, "git", "update-index", "--assume-unchanged", *names)
    assert opened(repo).hidden_edits(sales) == ()
    write(repo, dict.fromkeys(names, "[another"))
    assert opened(repo).hidden_edits(sales) == ("sales/pyproject.toml", "sales/sales/sales.py")
    (repo / "sales/sales/sales.py").unlink()
    assert opened(repo).hidden_edits(sales) == ("sales/pyproject.toml", "sales/sales/sales.py")
    assert opened(repo).projects[1] == sales
    assert not opened(repo).is_dirty


def test_a_sparse_checkout_shows_all_projects_and_hides_no_edit(repo: Path) -> None:
    before = opened(repo).projects
    sh(repo, "git", "sparse-checkout", "set", "docs")
    assert not (repo / "sales").exists()
    assert opened(repo).projects == before
    assert [opened(repo).hidden_edits(project) for project in before] == [(), ()]
    assert not opened(repo).is_dirty


def test_a_private_folder_hides_itself_from_git(repo: Path) -> None:
    write(repo, {".gitignore": "", "sales/more.py": ""})
    folder = opened(repo).private_folder("products")
    write(folder, {"table.csv": "1"})
    assert sh(repo, "git", "status", "--porcelain").split() == ["M", ".gitignore", "??", "sales/more.py"]
    write(repo, {".hermes/.gitignore": "mine\n"})
    opened(repo).private_folder("input")
    assert (repo / ".hermes/.gitignore").read_text() == "mine\n"


def test_a_pyproject_that_is_a_broken_link_is_told(repo: Path) -> None:
    (repo / "sales/pyproject.toml").unlink()
    (repo / "sales/pyproject.toml").symlink_to("nowhere")
    with pytest.raises(HermesError, match=r"sales/pyproject\.toml"):
        assert opened(repo).projects


def test_files_from_windows_are_read(repo: Path) -> None:
    write(repo, {"hermes.toml": b"\xef\xbb\xbf" + HERMES.replace("\n", "\r\n").encode()})
    write(repo, {"sales/pyproject.toml": b"\xef\xbb\xbf" + project_file("sales").encode()})
    workspace = opened(repo)
    assert workspace.settings.team == "growth"
    assert workspace.project("sales").version is not None


def test_a_newer_hermes_may_be_asked_for(repo: Path) -> None:
    write(repo, {"hermes.toml": 'required-version = ">=99"\nnew-key = 1\n' + HERMES})
    with pytest.raises(Refused, match=r"hermes\.toml asks for Hermes >=99"):
        opened(repo)


# defaults


def test_defaults_in_a_file_lie_below_the_repo_and_variables_above(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"company.toml": DEV + '[environments.prod]\nbucket = "a-prod"\n'})
    write(repo, {"hermes.toml": HERMES + '[environments.dev]\nregion = "eu-west-2"\n'})
    defaults = str(tmp_path / "company.toml")
    settings = opened(repo, HERMES_DEFAULTS=defaults, HERMES_PROD_BUCKET="my-prod").settings
    dev = settings.environment("dev")
    assert (dev.bucket, dev.region, settings.environment("prod").bucket) == ("a-dev", "eu-west-2", "my-prod")
    assert settings.sources["environments.dev.bucket"] == defaults
    assert settings.sources["environments.dev.region"] == "hermes.toml"
    assert settings.sources["environments.prod.bucket"] == "environment variables"


def test_the_system_the_company_and_the_user_in_this_order(tmp_path: Path, home: Path) -> None:
    system, user = home / "system/hermes/defaults.toml", home / "config/hermes/defaults.toml"
    write(home, {str(system.relative_to(home)): "", str(user.relative_to(home)): ""})
    write(tmp_path, {"company.toml": ""})
    layers = default_layers({"HERMES_DEFAULTS": str(tmp_path / "company.toml")})
    assert [layer.source for layer in layers] == [str(system), str(tmp_path / "company.toml"), str(user)]
    assert len(default_layers({})) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"team = \n", "company.toml:1: not valid TOML"),
        (b"teem = 'x'\n", "company.toml:1: unknown key 'teem'"),
        (b"[environments.dev]\nbuket = 'x'\n", "company.toml:2: unknown key 'buket'"),
        (b"required-version = '>=0'\nteem = 'x'\n", "company.toml:2: unknown key 'teem'"),
        (b"required-version = '>=99'\n", "asks for Hermes >=99"),
        (b"new = 3\n", "new must be a table"),
        (b"default-branch = 'feature/x'\n", "company.toml: default-branch cannot be set by defaults"),
        (
            b"[environments.prod]\naccepts = ['releases']\n",
            "company.toml: environments.prod.accepts cannot be set by defaults",
        ),
        (
            b"required-version = '>=0'\n[environments.dev]\nbucket = 'b'\nrelease-from = 'anywhere'\n",
            "company.toml: environments.dev.release-from cannot be set by defaults",
        ),
    ],
)
def test_broken_defaults_are_told(repo: Path, tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        write(tmp_path, {"company.toml": content})
    with pytest.raises(HermesError) as caught:
        opened(repo, HERMES_DEFAULTS=str(tmp_path / "company.toml"))
    assert message in caught.value.message


@pytest.fixture
def address() -> Iterator[str]:
    """A server that has /defaults.toml and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/defaults.toml" else 404)
            self.end_headers()
            self.wfile.write(DEV.encode() if self.path == "/defaults.toml" else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_defaults_from_an_address(repo: Path, address: str) -> None:
    settings = opened(repo, HERMES_DEFAULTS=f"{address}/defaults.toml").settings
    assert settings.environment("dev").bucket == "a-dev"
    for absent in ("/no/defaults.toml", "http://127.0.0.1:1/defaults.toml"):
        with pytest.raises(HermesError, match=r"cannot be read: [A-Z][a-z ]+$"):
            opened(repo, HERMES_DEFAULTS=absent)
    with pytest.raises(HermesError, match=r"the defaults at 127\.0\.0\.1 .* cannot be read: .*404") as caught:
        opened(repo, HERMES_DEFAULTS=f"{address}/gone.toml?token=secret")
    assert "secret" not in caught.value.message


def test_an_address_without_tls_is_refused(repo: Path) -> None:
    with pytest.raises(InvalidInput, match="without TLS") as caught:
        opened(repo, HERMES_DEFAULTS="http://example.com/defaults.toml")
    assert caught.value.hint == "use https://"


def test_an_address_is_shown_without_its_credentials(repo: Path, address: str) -> None:
    host = address.removeprefix("http://")
    with pytest.raises(HermesError) as caught:
        opened(repo, HERMES_DEFAULTS=f"http://user:secret@{host}/defaults.toml")
    assert "secret" not in caught.value.message


def test_a_script_is_proposed_only_where_one_may_be_named(tmp_path: Path) -> None:
    scripts = '[tool.hermes]\nscripts = ["backfill", "sales_report"]\n'
    files = {"sales-report/pyproject.toml": project_file("sales-report") + scripts}
    files |= {f"sales-report/sales_report/{name}.py": "" for name in ("backfill", "sales_report")}
    workspace = opened(make_repo(tmp_path / "repo", files))
    for name, with_script in (
        ("backfill", "sales-report/backfill"),
        ("sales_report", "sales-report/sales_report"),
    ):
        with pytest.raises(InvalidInput) as caught:
            workspace.project(name)
        assert caught.value.hint == "did you mean sales-report?"
        with pytest.raises(InvalidInput) as caught:
            workspace.project(name, or_script=True)
        assert caught.value.hint == f"did you mean {with_script}?"
