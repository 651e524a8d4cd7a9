"""Further scripts and projects of a repo, what they need, and their tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers import Answer, answering

from .harness import Hermes, Repo, tree_of
from .projects import add_project


def test_a_second_script_and_a_second_project(hermes: Hermes, tmp_path: Path) -> None:
    hermes.run("new", "shop", "--no-input", cwd=tmp_path)
    repo = Repo(path=tmp_path / "shop", hermes=hermes)
    repo.switch("feature/more")
    added = repo.run("new", "shop/backfill", "-o", "json").json
    assert added["kind"] == "script"
    assert set(added["files"]) >= {
        "shop/shop/backfill.py",
        "shop/tests/test_backfill.py",
        "shop/pyproject.toml",
    }
    extra = repo.run("new", "extra", "-o", "json").json
    assert extra["kind"] == "project"
    assert {"extra/pyproject.toml", "extra/extra/extra.py", "extra/tests/test_extra.py"} <= set(
        extra["files"]
    )

    for project in ("shop", "extra"):  # without S3 its environments are made in half the time
        repo.edit(f"{project}/pyproject.toml", "fsspec[s3]", "fsspec")

    results = repo.run("test", "-o", "json").json["results"]
    assert [(row["project"], row["verdict"]) for row in results] == [("extra", "passed"), ("shop", "passed")]
    assert "written to" in repo.run("run", "shop/backfill").stdout
    assert (repo.path / ".hermes/products/shop/backfill.csv").is_file()

    repo.commit("More")
    receipts = repo.run("deploy", "-o", "json").json["receipts"]
    assert [row["project"] for row in receipts] == ["extra", "shop"]
    assert "written to" in repo.run("run", "extra@feature-more").stdout
    assert "written to" in repo.run("run", "shop/backfill@feature-more").stdout
    artifacts = repo.run("show", "shop@feature-more", "-o", "json").json["manifest"]["artifacts"]
    assert {(a["kind"], a["name"]) for a in artifacts} == {
        ("script", "shop"),
        ("script", "backfill"),
        ("library", "shop"),
    }


def test_a_sibling_is_built_deployed_and_run_and_never_looked_up_on_an_index(repo: Repo) -> None:
    # `six` is on the public index, in a higher version: whoever asks there would get that one.
    add_project(repo, "six", word="ours")
    repo.edit("shop/pyproject.toml", "dependencies = []", 'dependencies = ["six>=0.1"]')
    repo.edit("shop/shop/shop.py", "import shop\n", "import shop\nimport six\n\nshop.WORD = six.WORD\n")
    repo.switch("feature/both")
    repo.commit()
    assert '"word": "ours"' in repo.run("run", "shop").stdout
    repo.run("test", "shop")
    repo.run("build", "shop")  # the backend's own requirements are in the cache after that

    with answering(lambda _: Answer(status=404)) as index:
        nowhere = {"UV_DEFAULT_INDEX": f"{index.url}/simple/", "UV_NO_CACHE": "1", "UV_FIND_LINKS": None}
        repo.run("deploy", "shop", env=nowhere)
        assert '"word": "ours"' in repo.run("run", "shop@feature-both", env=nowhere).stdout
    assert index.requests == []

    manifest = repo.run("show", "shop@feature-both", "-o", "json").json["manifest"]
    assert [(library["kind"], library["name"]) for library in manifest["libraries"]] == [("library", "six")]
    assert manifest["libraries"][0]["key"].endswith("/six-0.1.0-py3-none-any.whl")
    assert manifest["lock"] == ""
    assert (repo.path / ".hermes/local" / manifest["libraries"][0]["key"]).is_file()

    repo.write("six/six/__init__.py", 'WORD = "ours, changed"\n')
    assert '"word": "ours, changed"' in repo.run("run", "shop").stdout
    assert '"word": "ours"' in repo.run("run", "shop@feature-both").stdout


def test_add_declares_a_dependency_and_keeps_the_file_as_it_was(repo: Repo) -> None:
    repo.edit("shop/pyproject.toml", "dependencies = []", "dependencies = [\n    # none yet\n]  # few")
    before = (repo.path / "shop/pyproject.toml").read_text().splitlines()
    added = repo.run("add", "idna", "-o", "json").json
    (requirement,) = added["requirements"]
    assert requirement.startswith("idna>=3.")
    after = (repo.path / "shop/pyproject.toml").read_text().splitlines()
    assert [line for line in after if "idna" not in line] == [
        line for line in before if line.strip() != "# none yet"
    ] or [line for line in after if "idna" not in line] == before

    repo.edit(
        "shop/shop/__init__.py", 'WORD = "hello"', 'import idna\n\nWORD = idna.encode("hello").decode()'
    )
    repo.run("test")
    assert '"word": "hello"' in repo.run("run", "shop").stdout
    repo.switch("feature/idna")
    repo.run("deploy")
    manifest = repo.run("show", "shop@feature-idna", "-o", "json").json["manifest"]
    assert manifest["dependencies"] == [requirement]
    assert "idna==" in manifest["lock"]
    assert "--hash=sha256:" in manifest["lock"]
    assert '"word": "hello"' in repo.run("run", "shop@feature-idna").stdout


def test_add_knows_siblings_groups_and_what_is_there_already(repo: Repo) -> None:
    add_project(repo, "lake")
    repo.run("add", "lake", "iniconfig>=2", "--project", "shop")
    repo.run("add", "iniconfig>=1.1", "--project", "shop")
    repo.run("add", "iniconfig>=2", "--project", "shop", "--group", "test")
    text = (repo.path / "shop/pyproject.toml").read_text()
    assert text.count('"iniconfig>=1.1"') == 1
    assert '"lake"' in text
    assert '"pytest>=8", "iniconfig>=2"' in text
    repo.hermes.run("add", "iniconfig>=2", cwd=repo.path / "lake" / "lake")
    assert '"iniconfig>=2"' in (repo.path / "lake/pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("dependency", "code"),
    [("no-such-package-of-hermes-tests", 2), ("not a requirement", 2), ("shop", 2), ("idna>=999", 6)],
)
def test_add_refuses_what_cannot_be_had(repo: Repo, dependency: str, code: int) -> None:
    if dependency == "idna>=999":
        # A bound of one's own is taken as it is, and found out where it is used.
        repo.run("add", dependency)
        repo.switch("feature/first")
        assert "cannot be resolved" in repo.run("deploy", expect=code).stderr
        return
    before = tree_of(repo.path)
    assert repo.run("add", dependency, expect=code).error
    assert tree_of(repo.path) == before


def _verdicts(repo: Repo, *names: str, expect: int) -> list[tuple[str, str]]:
    results = repo.run("test", *names, "-o", "json", expect=expect).json["results"]
    return [(row["project"], row["verdict"]) for row in results]


def test_the_verdicts_of_tests(repo: Repo) -> None:
    for name in ("bare", "empty", "red", "unread"):
        add_project(repo, name)
    (repo.path / "bare/tests/test_bare.py").unlink()
    (repo.path / "bare/tests").rmdir()
    repo.write("empty/tests/test_empty.py", '"""No test."""\n')
    repo.write("unread/tests/test_unread.py", "import not_there\n")
    repo.write("red/tests/test_red.py", "def test_fails() -> None:\n    assert 1 == 2\n")

    assert _verdicts(repo, "bare", "shop", expect=0) == [("bare", "skipped"), ("shop", "passed")]
    assert _verdicts(repo, "empty", expect=6) == [("empty", "failed")]
    assert _verdicts(repo, "red", expect=6) == [("red", "failed")]
    # A failure does not stop the others.
    assert _verdicts(repo, expect=6) == [
        ("bare", "skipped"),
        ("empty", "failed"),
        ("red", "failed"),
        ("shop", "passed"),
        ("unread", "failed"),
    ]
    told = repo.run("test", expect=6)
    assert "bare: skipped: it has no tests/" in told.stdout
    assert "next: write bare/tests/test_bare.py with a function test_…" in told.stdout + told.stderr
    assert "assert 1 == 2" in told.stdout
    errors = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    assert errors == [
        "error: empty: its tests/ holds no test",
        "error: red: a test failed",
        "error: unread: pytest could not read its tests: an import or the syntax of one is wrong",
    ]
    assert told.stderr.count("next: ") == len(errors)

    told = repo.run("test", "shop", "--pytest=-k nothing", expect=6)
    assert "deselected" in told.stdout
    assert told.error == "shop: pytest found no test with -k nothing"
    assert "next: hermes test shop\n" in told.stderr


def test_only_what_a_branch_changes_is_tested_and_deployed(repo: Repo) -> None:
    add_project(repo, "lake")
    add_project(repo, "river", needs=("lake",))
    repo.commit()
    repo.switch("feature/lake")
    assert repo.run("test", "--changed", "-o", "json").json["results"] == []
    assert repo.run("test", "--changed").stdout == "no project has changed\n"
    assert (
        repo.run("test", "--changed", "shop/", "river").stdout == "none of the named projects has changed\n"
    )
    assert (
        repo.run("deploy", "--changed", "shop").stdout
        == "nothing to deploy: none of the named projects has changed\n"
    )
    repo.run("run", "shop/")
    repo.write("lake/lake/__init__.py", 'WORD = "deep"\n')
    repo.commit()
    changed = repo.run("deploy", "--changed", "--dry-run", "-o", "json").json["steps"]
    assert [step["project"] for step in changed] == ["lake", "river"]

    repo.switch("main")
    repo.run("deploy", "shop")
    steps = repo.run("deploy", "--changed", "--dry-run", "-o", "json").json["steps"]
    assert [step["project"] for step in steps] == ["lake", "river"]


def test_all_is_tested_in_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    add_project(repo, "lake")
    repo.commit()
    repo.switch("feature/lake")
    repo.write("lake/lake/__init__.py", 'WORD = "deep"\n')
    repo.commit()
    clone = Repo(path=tmp_path / "clone", hermes=repo.hermes)
    repo.git("clone", "--quiet", "--depth=1", "--branch=feature/lake", repo.path.as_uri(), str(clone.path))
    steps = clone.run("deploy", "--changed", "--dry-run", "-o", "json").json["steps"]
    assert [step["project"] for step in steps] == ["lake", "shop"]
