"""Who may release into a bucket: what git and CI say decides, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cloud
from .harness import github


def test_a_laptop_on_the_default_branch_is_refused_with_both_ways_on(cloud: Cloud) -> None:
    for arguments in ((), ("--env", "dev"), ("--env", "prod"), ("--from", "dist")):
        refused = cloud.repo.run("deploy", *arguments, expect=3)
        assert "laptop" in refused.error
        assert "git switch -c" in refused.stderr
        assert "--env local" in refused.stderr
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()
    cloud.repo.run("deploy", "--env", "local")
    cloud.repo.run("run", "shop@latest", "--env", "local")


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
def test_these_events_release(cloud: Cloud, event: str) -> None:
    released = cloud.repo.run("deploy", "-o", "json", env=github(cloud.repo, "main", event))
    assert [row["change"] for row in released.json["receipts"]] == ["release", "release"]


@pytest.mark.parametrize(
    "event",
    ["pull_request", "pull_request_target", "workflow_run", "issue_comment", "merge_group", "release"],
)
def test_these_events_do_not(cloud: Cloud, event: str) -> None:
    env = github(cloud.repo, "main", event)
    for arguments in ((), ("--env", "dev"), ("--env", "prod")):
        assert cloud.repo.run("deploy", *arguments, env=env, expect=3).error
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_a_pull_request_may_deploy_its_branch_to_dev_where_it_is_named(cloud: Cloud) -> None:
    env = github(cloud.repo, "feature/first", "pull_request")
    report = cloud.repo.run("deploy", "--branch", "feature/first", "-o", "json", env=env).json
    assert [(r["environment"], r["suffix"]) for r in report["receipts"]] == [("dev", "feature-first")]
    assert cloud.keys(cloud.prod) == set()


def test_a_tag_and_a_commit_that_is_not_the_events_release_nothing(cloud: Cloud) -> None:
    repo = cloud.repo
    tag = github(repo, "main") | {"GITHUB_REF": "refs/tags/main", "GITHUB_REF_NAME": "main"}
    assert "tag" in repo.run("deploy", env=tag, expect=3).error
    stale = github(repo, "main")
    repo.commit("Newer than the event")
    assert "checked out" in repo.run("deploy", env=stale, expect=3).error
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_a_ci_that_does_not_say_what_it_runs_for_releases_nothing(cloud: Cloud) -> None:
    no_event_file = github(cloud.repo, "main") | {"GITHUB_EVENT_PATH": str(cloud.repo.path / "absent.json")}
    told = cloud.repo.run("deploy", env={"CI": "true"}, expect=3).error
    assert "a CI that Hermes does not know cannot say" in told
    told = cloud.repo.run("deploy", env=no_event_file, expect=3).error
    assert "GitHub Actions does not say that this is a push" in told
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_a_dirty_work_tree_releases_nothing(cloud: Cloud) -> None:
    cloud.repo.write("shop/shop/more.py", "MORE = 1\n")
    assert "not committed" in cloud.repo.run("deploy", env=github(cloud.repo, "main"), expect=3).error
    assert cloud.keys(cloud.dev) == set()


def test_feature_main_is_a_feature(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.switch("feature/main")
    env = github(repo, "feature/main")
    report = repo.run("deploy", "-o", "json", env=env).json
    assert [(r["environment"], r["suffix"]) for r in report["receipts"]] == [("dev", "feature-main")]
    assert repo.run("deploy", "--env", "prod", env=env, expect=3).error
    assert cloud.keys(cloud.prod) == set()


def test_branch_selects_a_feature_from_a_detached_head_and_never_the_default_branch(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.git("switch", "--quiet", "--detach")
    assert "detached head" in repo.run("deploy", expect=3).error
    report = repo.run("deploy", "--branch", "feature/first", "-o", "json").json
    assert [(r["environment"], r["suffix"]) for r in report["receipts"]] == [("dev", "feature-first")]
    by_variable = repo.run("deploy", "-o", "json", env={"HERMES_BRANCH": "feature/second"}).json
    assert [(r["environment"], r["suffix"]) for r in by_variable["receipts"]] == [("dev", "feature-second")]

    before = cloud.everything()
    github_on_main = github(repo, "main")
    for env in ({}, github_on_main):
        assert "default branch" in repo.run("deploy", "--branch", "main", env=env, expect=3).error
        assert repo.run("deploy", env=env | {"HERMES_BRANCH": "main"}, expect=3).error
        assert repo.run("deploy", "--branch", "feature/x", "--env", "prod", env=env, expect=3).error
    assert cloud.everything() == before


def test_a_feature_branch_that_calls_itself_the_default_branch_is_refused(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.switch("feature/mine")
    repo.edit("hermes.toml", 'default-branch = "main"', 'default-branch = "feature/mine"')
    repo.commit()
    for env in ({}, github(repo, "feature/mine")):
        for arguments in ((), ("--env", "dev"), ("--env", "prod")):
            assert repo.run("deploy", *arguments, env=env, expect=3).error
    # A lost event file cannot vouch for it either.
    blind = github(repo, "feature/mine") | {"GITHUB_EVENT_PATH": str(repo.path / "absent.json")}
    assert repo.run("deploy", "--env", "prod", env=blind, expect=3).error
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_the_remotes_default_branch_counts_as_well(cloud: Cloud, tmp_path: Path) -> None:
    repo = cloud.repo
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.git("fetch", "--quiet", "origin")
    repo.git("remote", "set-head", "origin", "main")
    repo.switch("release")
    repo.edit("hermes.toml", 'default-branch = "main"', 'default-branch = "release"')
    repo.commit()
    env = github(repo, "release", default="release")
    assert "the remote says main" in repo.run("deploy", env=env, expect=3).error
    assert cloud.keys(cloud.dev) == set()


def test_what_was_built_is_deployed_to_dev_and_prod(cloud: Cloud) -> None:
    repo = cloud.repo
    # Build and test in a job without credentials, deploy in jobs that build nothing.
    without_keys: dict[str, str | None] = {
        **github(repo, "main"),
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }
    (built,) = repo.run("build", "-o", "json", env=without_keys).json["build"]["projects"]
    assert (repo.path / "dist/build.json").is_file()
    nothing_to_build_with = {"HERMES_CACHE_DIR": str(repo.path.parent / "no-cache"), "UV_OFFLINE": "1"}
    for name, bucket in (("dev", cloud.dev), ("prod", cloud.prod)):
        env = github(repo, "main") | nothing_to_build_with
        report = repo.run("deploy", "--from", "dist", "--env", name, "-o", "json", env=env).json
        assert [(r["environment"], r["change"]) for r in report["receipts"]] == [(name, "release")]
        for file, key in (
            (built["scripts"][0], "growth/shop/shop-0.1.0.py"),
            (built["library"], "growth/shop/shop-0.1.0-py3-none-any.whl"),
        ):
            assert cloud.read(bucket, key) == (repo.path / "dist" / file["path"]).read_bytes()
        manifest = json.loads(cloud.read(bucket, "growth/shop/manifests/releases/0.1.0.json"))
        assert manifest["content"] == built["content"]
        assert manifest["commit"] == repo.head


@pytest.mark.parametrize("victim", ["shop.py", "shop-0.1.0-py3-none-any.whl"])
@pytest.mark.parametrize("how", ["changed", "removed"])
def test_a_build_that_was_tampered_with_is_not_deployed(cloud: Cloud, victim: str, how: str) -> None:
    repo = cloud.repo
    repo.run("build")
    (path,) = (repo.path / "dist").rglob(victim)
    if how == "changed":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        path.unlink()
    refused = repo.run("deploy", "--from", "dist", env=github(repo, "main"), expect=6)
    assert victim in refused.stderr
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_a_build_of_another_commit_is_not_deployed(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.run("build")
    repo.commit("Newer")
    refused = repo.run("deploy", "--from", "dist", env=github(repo, "main"), expect=3)
    assert "was built from commit" in refused.error
    repo.switch("feature/first")
    repo.run("deploy", "--from", "dist", expect=3)
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


def test_a_build_of_a_dirty_tree_is_not_released(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.write("shop/shop/__init__.py", 'WORD = "dirty"\n')
    repo.run("build")
    repo.git("restore", "shop")
    repo.run("deploy", "--from", "dist", env=github(repo, "main"), expect=3)
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()
