"""A release goes wrong, and what its owner does about it: with the installed command, from start to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cloud
from .harness import PYTHON, Hermes, Repo, github, tree_of
from .projects import small_repo

FOLDERS = f"""
[environments.dev]
path = ".hermes/dev"
python = "{PYTHON}"
accepts = ["features", "releases"]
release-from = "anywhere"
[environments.prod]
path = ".hermes/prod"
python = "{PYTHON}"
accepts = ["releases"]
release-from = "anywhere"
"""


@pytest.fixture
def folders(hermes: Hermes, tmp_path: Path) -> Repo:
    """A small repo whose dev and prod are folders, and which a laptop may release to."""
    return small_repo(hermes, tmp_path / "repo", more=FOLDERS)


def release(repo: Repo, version: str) -> str:
    """Release a version to prod, each with its own content; the commit."""
    repo.set_version(version)
    repo.write("shop/shop/__init__.py", f'WORD = "word of {version}"\n')
    commit = repo.commit(version)
    repo.run("deploy", "--env", "prod")
    return commit


def latest(repo: Repo) -> str:
    """What `latest` of prod is."""
    shown = repo.run("show", "shop@latest", "--env", "prod", "-o", "json").json
    version: str = shown["manifest"]["version"]
    return version


def word(repo: Repo, target: str, *options: str) -> str:
    """What a script of prod says that it runs."""
    return repo.run("run", target, "--env", "prod", *options).stdout


def json_of(repo: Repo, *arguments: str, expect: int = 0) -> dict[str, Any]:
    document = repo.run(*arguments, "-o", "json", expect=expect).json
    assert document["command"] == arguments[0]
    return document


def test_the_story_of_a_release_that_went_wrong(folders: Repo) -> None:
    repo = folders
    first = release(repo, "0.1.0")
    second = release(repo, "0.2.0")
    assert latest(repo) == "0.2.0"
    releases = repo.path / ".hermes/prod/growth/shop/manifests/releases"
    before = tree_of(releases)

    # The new version is wrong, so latest goes back, and the old deploy run again does not undo it.
    told = json_of(repo, "rollback", "shop@0.1.0", "--env", "prod", "--reason", "wrong totals")
    assert (told["environment"], told["project"], told["changed"], told["before"]) == (
        "prod",
        "shop",
        True,
        "0.2.0",
    )
    assert (told["record"]["version"], told["record"]["mark"]) == ("0.1.0", "0.2.0")
    assert "word of 0.1.0" in word(repo, "shop@latest")
    assert "nothing to do" in repo.run("rollback", "shop@0.1.0", "--env", "prod").stdout
    repo.run("deploy", "--env", "prod")
    for file in (repo.path / ".hermes/prod/growth/index").rglob("0.2.0/*"):
        file.unlink()  # as if that deploy had been killed: it does all its steps again
    again = json_of(repo, "deploy", "--env", "prod")
    assert [(row["change"], row["latest"]) for row in again["receipts"]] == [("complete", "0.1.0")]
    assert latest(repo) == "0.1.0"
    (status,) = json_of(repo, "status", "--env", "prod")["projects"]
    assert (status["state"], status["latest"]) == ("up to date", "0.1.0")
    assert status["why"] == "0.2.0 is released, but latest was moved back: wrong totals"
    assert "moved back: wrong totals; latest is 0.1.0" in repo.run("status", "--env", "prod").stdout

    # The repair moves it forward.
    repo.set_version("0.3.0")
    repo.write("shop/shop/__init__.py", 'WORD = "word of 0.3.0"\n')
    third = repo.commit("0.3.0")
    plan = json_of(repo, "plan", "--env", "prod")
    assert [(row["change"], row["moves_latest"]) for row in plan["steps"]] == [("release", True)]
    changes = repo.run("plan", "--env", "prod", "--detailed-exitcode", expect=7)
    assert "would release shop@0.3.0" in changes.stdout
    repo.run("deploy", "--env", "prod")
    repo.run("plan", "--env", "prod", "--detailed-exitcode")
    assert latest(repo) == "0.3.0"

    # One version must not be used at all.
    refused = repo.run("yank", "shop@0.3.0", "--env", "prod", "--reason", "leaks", expect=2)
    assert "latest is 0.3.0" in refused.error
    assert latest(repo) == "0.3.0"
    told = json_of(repo, "yank", "shop@0.2.0", "--env", "prod", "--reason", "counts twice")
    assert (told["changed"], told["record"]["version"]) == (True, "0.3.0")
    repo.run("yank", "shop@0.3.0", "--env", "prod", "--reason", "leaks", "--to", "0.2.0", expect=4)
    listed = repo.run("ls", "--env", "prod").stdout
    assert "and 2 more: hermes ls shop" in listed  # the newest is latest
    unsaid = repo.run("yank", "shop@0.3.0", "--env", "prod", expect=2)
    assert 'next: hermes yank shop@0.3.0 --env prod --reason "…"' in unsaid.stderr
    done = repo.run("yank", "shop@0.3.0", "--env", "prod", "--reason", "leaks", "--to", "0.1.0")
    assert done.stdout == "prod: shop: 0.3.0 is yanked, latest is 0.1.0 (was 0.3.0)\n"
    assert latest(repo) == "0.1.0"
    assert "word of 0.1.0" in word(repo, "shop@latest")
    refused = repo.run("run", "shop@0.2.0", "--env", "prod", expect=4)
    assert "0.2.0 is yanked: counts twice" in refused.error
    assert "word of 0.2.0" in word(repo, "shop@0.2.0", "--force")
    refused = repo.run("rollback", "shop@0.2.0", "--env", "prod", expect=4)
    assert "is yanked" in refused.error

    # All of it is on record, and no release was touched.
    entries = json_of(repo, "log", "shop", "--env", "prod")["entries"]
    assert [(one["what"], one["suffix"]) for one in entries if one["reason"]] == [
        ("yanked", "0.3.0"),
        ("latest went back", "0.1.0"),
        ("yanked", "0.2.0"),
        ("latest went back", "0.1.0"),
    ]
    commits = {one["suffix"]: one["commit"] for one in entries if one["what"] == "released"}
    assert commits == {"0.1.0": first, "0.2.0": second, "0.3.0": third}
    assert {one["actor"] for one in entries} == {"Test Analyst"}
    shown = repo.run("log", "shop", "--env", "prod").stdout
    assert "latest went back to 0.1.0: wrong totals" in shown
    after = tree_of(releases)
    assert {name: after[name] for name in before} == before

    # The name is given up: what is there runs on, and nothing new comes.
    told = json_of(repo, "retire", "shop", "--env", "prod", "--reason", "replaced by sales")
    assert told["record"]["retired"]["reason"] == "replaced by sales"
    assert "shop (retired)" in repo.run("ls", "--env", "prod").stdout
    (listed,) = json_of(repo, "ls", "--env", "prod")["environments"]
    assert [(row["suffix"], row["retired"]) for row in listed["rows"]] == [("0.3.0", True), ("0.1.0", True)]
    release_again = tree_of(repo.path / ".hermes/prod")
    repo.set_version("0.4.0")
    repo.commit("0.4.0")
    refused = repo.run("deploy", "--env", "prod", expect=4)
    assert "retired" in refused.stdout + refused.stderr
    blocked = json_of(repo, "plan", "--env", "prod", expect=4)
    assert [row["change"] for row in blocked["steps"]] == ["refused"]
    assert tree_of(repo.path / ".hermes/prod") == release_again
    assert "word of 0.1.0" in word(repo, "shop@latest")
    assert repo.run("verify", "--env", "prod").stdout.strip().endswith("everything matches its record")


def test_damage_is_found_and_named(folders: Repo) -> None:
    repo = folders
    release(repo, "0.1.0")
    clean = json_of(repo, "verify", "shop", "--env", "prod")
    assert (clean["suffixes"], clean["findings"]) == (2, [])
    place = repo.path / ".hermes/prod/growth/shop"
    (build,) = place.glob("builds/*/*/shop.py")
    build.chmod(0o644)
    build.write_text("print('somebody else')\n")
    (place / "shop-latest.py").unlink()
    found = json_of(repo, "verify", "--env", "prod", expect=7)
    key = build.relative_to(repo.path / ".hermes/prod").as_posix()
    assert {one["key"] for one in found["findings"]} == {key}
    assert all("does not match its digest" in one["problem"] for one in found["findings"])
    told = repo.run("verify", "--env", "prod", expect=7)
    assert f"error: prod: {key}: " in told.stderr
    assert "findings" in told.stdout
    repo.run("verify", "--env", "dev")


def test_features_of_branches_that_are_gone_are_pruned(folders: Repo) -> None:
    repo = folders
    for branch in ("feature/done", "feature/open"):
        repo.switch(branch)
        repo.write("shop/shop/__init__.py", f'WORD = "{branch}"\n')
        repo.commit(branch)
        repo.run("deploy", "--env", "dev")
        repo.git("switch", "--quiet", "main")
    repo.git("branch", "-D", "feature/done")
    place = repo.path / ".hermes/dev"
    full = tree_of(place)

    dry = json_of(repo, "prune", "--env", "dev")
    assert (dry["environment"], dry["dry_run"]) == ("dev", True)
    assert [(one["project"], one["what"], one["why"]) for one in dry["pruned"]] == [
        ("shop", "feature-done", "branch feature/done is gone")
    ]
    assert "nothing was removed: add --apply to do it" in repo.run("prune", "--env", "dev").stdout
    assert tree_of(place) == full

    done = json_of(repo, "prune", "--env", "dev", "--apply")
    assert (done["dry_run"], done["pruned"]) == (False, dry["pruned"])
    assert set(full) - set(tree_of(place)) == set(dry["pruned"][0]["keys"][1:])
    assert "nothing to remove" in repo.run("prune", "--env", "dev", "--apply").stdout
    repo.run("show", "shop@feature-done", "--env", "dev", expect=1)
    repo.run("show", "shop@feature-open", "--env", "dev")
    repo.run("verify", "--env", "dev")

    repo.switch("feature/done")
    repo.run("deploy", "--env", "dev")
    repo.run("show", "shop@feature-done", "--env", "dev")
    repo.run("verify", "--env", "dev")


def test_in_the_cloud_ci_operates_and_a_laptop_does_not(cloud: Cloud) -> None:
    repo = cloud.repo
    ci = replace(repo, variables={**repo.variables})
    for version in ("0.1.0", "0.2.0"):
        repo.set_version(version)
        repo.commit(version)
        ci.run("deploy", env=github(repo, "main"))
    before = cloud.everything()
    operations = [
        ("rollback", "shop@0.1.0", "--env", "prod", "--reason", "wrong"),
        ("yank", "shop@0.2.0", "--env", "prod", "--reason", "bad", "--to", "0.1.0"),
        ("retire", "shop", "--env", "prod", "--reason", "old"),
    ]
    for operation in operations:
        refused = repo.run(*operation, expect=3)
        assert "changed by CI on the default branch" in refused.error
        assert json_of(repo, *operation, expect=3)["error"]["exit_code"] == 3
        refused = repo.run(*operation, env=github(repo, "main", "pull_request"), expect=3)
        assert "changed by CI" in refused.error
    repo.switch("feature/x")
    repo.run(*operations[0], env=github(repo, "feature/x"), expect=3)
    repo.switch("main")
    assert cloud.everything() == before

    for operation in operations:
        repo.run(*operation, env=github(repo, "main", "workflow_dispatch"))
    entries = json_of(repo, "log", "shop", "--env", "prod")["entries"]
    assert {(one["what"], one["actor"]) for one in entries[:3]} >= {("retired", "octocat")}
    shown = json_of(repo, "show", "shop@latest", "--env", "prod")
    assert shown["manifest"]["version"] == "0.1.0"
    assert json_of(repo, "verify")["findings"] == []
    assert cloud.objects(cloud.dev) == before[cloud.dev]
