"""The main job on a laptop with no cloud account: from nothing to a deployed and running data product."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from .harness import HERMES, PYTHON, Hermes, Repo, tree_of


def test_the_main_job_on_the_local_store(hermes: Hermes, tmp_path: Path) -> None:
    made = hermes.run("new", "shop", "--no-input", "--team", "growth", "-o", "json", cwd=tmp_path)
    assert made.stderr == ""
    assert (made.json["kind"], made.json["path"]) == ("repo", str(tmp_path / "shop"))
    assert made.json["next"] == ["cd shop", "hermes test", "hermes run shop"]
    repo = Repo(path=tmp_path / "shop", hermes=hermes)
    assert repo.git("status", "--porcelain", "--branch") == "## main"
    assert repo.git("ls-files").splitlines() == sorted(made.json["files"])

    tested = repo.run("test", "-o", "json")
    assert [(row["project"], row["verdict"]) for row in tested.json["results"]] == [("shop", "passed")]
    assert "5 passed" in tested.stderr

    ran = repo.run("run", "shop")
    assert ran.stdout.startswith("Revenue 528.35, days 5, read from the sample")
    assert (repo.path / ".hermes/products/shop/shop.csv").read_text().startswith("day,orders,revenue\n")

    repo.switch("feature/first")
    repo.edit("shop/shop/shop.py", "Revenue {total}", "Total {total}")
    feature_commit = repo.commit("Say total")
    deployed = repo.run("deploy", "-o", "json").json
    assert [
        (row["environment"], row["project"], row["suffix"], row["change"], row["exit_code"])
        for row in deployed["receipts"]
    ] == [("local", "shop", "feature-first", "feature", 0)]
    manifest = Path(deployed["receipts"][0]["url"].removeprefix("file://"))
    assert manifest.is_file()
    assert repo.run("run", "shop@feature-first").stdout.startswith("Total 528.35")
    assert repo.run("run", "shop@feature/first").stdout.startswith("Total 528.35")

    repo.switch("main")
    repo.git("merge", "--quiet", "--no-ff", "feature/first")
    released = repo.run("deploy", "--env", "local", "-o", "json").json
    assert [(row["suffix"], row["change"], row["latest"]) for row in released["receipts"]] == [
        ("0.1.0", "release", "0.1.0")
    ]

    listed = repo.run("ls", "-o", "json").json["environments"]
    assert [listing["environment"] for listing in listed] == ["local"]
    assert [
        (row["suffix"], row["version"], row["latest"], row["commit"], row["dirty"])
        for row in listed[0]["rows"]
    ] == [
        ("0.1.0", "0.1.0", True, repo.head, False),
        ("feature-first", "0.1.0", False, feature_commit, False),
    ]
    table = repo.run("ls").stdout
    assert "0.1.0 (latest)" in table
    assert max(map(len, table.splitlines()[1:])) <= 80

    shown = repo.run("show", "shop@latest", "-o", "json").json
    assert shown["suffix"] == "latest"
    assert shown["manifest"]["commit"] == repo.head
    assert shown["manifest"]["branch"] == "main"
    assert [artifact["kind"] for artifact in shown["manifest"]["artifacts"]] == ["script", "library"]
    assert "fsspec==" in shown["manifest"]["lock"]

    latest = repo.run("run", "shop@latest", "-o", "json")
    assert latest.json["specification"]["version"] == "0.1.0"
    assert (latest.json["suffix"], latest.json["exit_code"]) == ("latest", 0)
    assert "Total 528.35" in latest.stderr

    store = tree_of(repo.path / ".hermes/local")
    again = repo.run("deploy", "--env", "local", "-o", "json").json
    assert [row["change"] for row in again["receipts"]] == ["nothing"]
    assert tree_of(repo.path / ".hermes/local") == store


def test_json_is_one_object_on_stdout_for_every_command(hermes: Hermes, repo: Repo, tmp_path: Path) -> None:
    repo.switch("feature/first")
    commands: list[tuple[str, ...]] = [
        ("test",),
        ("run", "shop"),
        ("build",),
        ("deploy", "--dry-run"),
        ("deploy",),
        ("run", "shop@feature-first"),
        ("ls",),
        ("ls", "shop"),
        ("show", "shop@feature-first"),
        ("new", "extra"),
        ("new", "shop/backfill"),
        ("add", "extra", "--project", "shop"),
    ]
    for command in commands:
        document = repo.run(*command, "-o", "json").json
        assert document["command"] == command[0], command
    # Global options are taken before the command as well.
    assert repo.hermes.run("-o", "json", "ls", cwd=repo.path).json["command"] == "ls"
    assert repo.run("ls", env={"HERMES_OUTPUT": "json"}).json["command"] == "ls"

    failed = repo.run("show", "shop@feature-secnd", "-o", "json", expect=1)
    assert failed.json["error"] == {
        "message": failed.error,
        "hint": failed.json["error"]["hint"],
        "note": failed.json["error"]["note"],
        "exit_code": 1,
    }
    assert hermes.run("ls", "-o", "json", cwd=tmp_path, expect=2).json["error"]["exit_code"] == 2


def test_results_go_to_stdout_and_the_rest_to_stderr(repo: Repo) -> None:
    repo.switch("feature/first")
    deployed = repo.run("deploy")
    assert deployed.stdout.splitlines() == [
        "PROJECT  SUFFIX         LOCAL",
        "shop     feature-first  deployed",
    ]
    assert "shop: building" in deployed.stderr
    assert "hermes run shop@feature-first" in deployed.stderr

    refused = repo.run("show", "shop@1.0", expect=1)
    assert refused.stdout == ""
    assert refused.error


def test_piped_output_has_no_escape_codes(repo: Repo) -> None:
    repo.switch("feature/first")
    for command, code in [
        (("--help",), 0),
        (("deploy", "--help"), 0),
        (("test",), 0),
        (("deploy",), 0),
        (("ls",), 0),
        (("show", "shop@feature-first"), 0),
        (("show", "shop@1.0"), 1),
        (("deploy", "--bogus"), 2),
    ]:
        result = repo.run(*command, expect=code)
        assert "\x1b" not in result.stdout + result.stderr, command


@pytest.mark.parametrize(
    ("variables", "plain"), [({}, False), ({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, True)]
)
def test_a_terminal_gets_colours_unless_it_wants_none(
    repo: Repo, variables: dict[str, str], plain: bool
) -> None:
    shown = _on_a_terminal(repo, variables, "show", "shop@1.0")
    assert b"is not deployed" in shown
    # 30 to 107 are the codes of colours; bold is none.
    assert (b"\x1b[31m" not in shown and b";31m" not in shown) is plain


def _on_a_terminal(repo: Repo, variables: dict[str, str], *arguments: str) -> bytes:
    ours, theirs = pty.openpty()
    environment = repo.hermes.variables({"TERM": "xterm-256color", **variables})
    process = subprocess.Popen(
        [str(HERMES), *arguments], cwd=repo.path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # Linux ends a terminal that nobody holds any more this way
    finally:
        os.close(ours)
        process.wait()
    return shown


def test_it_runs_as_a_module_too(repo: Repo) -> None:
    command = (HERMES.parent / "python", "-m", "hermes_cli")
    said = repo.hermes.run("--version", cwd=repo.path, command=command)
    assert said.stdout == repo.run("--version").stdout
    assert repo.hermes.run("run", "shop", cwd=repo.path, command=command).stdout.startswith(
        '{"word": "hello"'
    )


def test_every_command_shows_an_example_in_its_help(repo: Repo) -> None:
    for command in ("new", "add", "test", "run", "build", "deploy", "ls", "show"):
        _, _, examples = repo.run(command, "--help").stdout.partition("Examples:")
        assert f"hermes {command}" in examples


@pytest.mark.parametrize("ci", ["github", "travis", "none"])
def test_new_makes_the_ci_file_that_was_asked_for(hermes: Hermes, tmp_path: Path, ci: str) -> None:
    files = hermes.run(
        "new", "shop", "--no-input", "--ci", ci, "--project", "daily_sales", "-o", "json", cwd=tmp_path
    ).json["files"]
    assert (".github/workflows/hermes.yml" in files) is (ci == "github")
    assert (".travis.yml" in files) is (ci == "travis")
    assert "daily_sales/daily_sales/daily_sales.py" in files
    assert "daily_sales/tests/test_daily_sales.py" in files


def test_new_needs_no_git_identity_and_says_what_to_set(hermes: Hermes, tmp_path: Path) -> None:
    (tmp_path / "home/gitconfig").write_text("")
    made = hermes.run("new", "shop", "--no-input", cwd=tmp_path)
    assert "git config --global user.name" in made.stderr
    repo = Repo(path=tmp_path / "shop", hermes=hermes)
    assert repo.git("rev-list", "--count", "HEAD") == "1"
    assert repo.git("branch", "--show-current") == "main"


def test_new_takes_the_companys_defaults(hermes: Hermes, tmp_path: Path) -> None:
    defaults = tmp_path / "company.toml"
    defaults.write_text(
        'team = "platform"\n[environments.dev]\nbucket = "company-dev"\nregion = "eu-central-1"\n'
        '[new]\nci = "travis"\n'
    )
    env = {"HERMES_DEFAULTS": str(defaults)}
    hermes.run("new", "shop", "--no-input", "--python", PYTHON, cwd=tmp_path, env=env)
    text = (tmp_path / "shop/hermes.toml").read_text()
    assert 'team = "platform"' in text
    assert 'bucket = "company-dev"' in text
    assert (tmp_path / "shop/.travis.yml").is_file()


def test_an_edit_of_the_working_tree_shows_without_a_deploy(repo: Repo) -> None:
    assert '"word": "hello"' in repo.run("run", "shop").stdout
    repo.write("shop/shop/__init__.py", 'WORD = "edited"\n')
    assert '"word": "edited"' in repo.run("run", "shop").stdout
    repo.edit("shop/shop/shop.py", "print(", "print('first line')\nprint(")
    assert repo.run("run", "shop").stdout.startswith("first line\n")
    repo.run("test")


def test_a_feature_deploy_may_be_dirty_and_says_so(repo: Repo) -> None:
    repo.switch("feature/first")
    repo.write("shop/shop/__init__.py", 'WORD = "not committed"\n')
    repo.run("deploy")
    assert repo.run("show", "shop@feature-first", "-o", "json").json["manifest"]["dirty"] is True
    assert '"word": "not committed"' in repo.run("run", "shop@feature-first").stdout

    repo.switch("main")
    assert "not committed" in repo.run("deploy", expect=3).error
    assert not (repo.path / ".hermes/local/growth/shop/manifests/releases").exists()
