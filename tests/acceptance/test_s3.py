"""The main job against two S3 buckets, by setting nothing but the endpoint and credentials."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servers import S3Server

from .conftest import Cloud
from .harness import Hermes, Repo, github
from .projects import add_project


def deploy(cloud: Cloud, *arguments: str, event: str | None = "push", expect: int = 0) -> dict[str, Any]:
    """Deploy as GitHub does on the branch that is checked out, or on a laptop where there is no event."""
    repo = cloud.repo
    env = github(repo, repo.git("branch", "--show-current"), event) if event else {}
    return repo.run("deploy", *arguments, "-o", "json", env=env, expect=expect).json


def changes(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was done where, as (environment, suffix, change)."""
    return [(row["environment"], row["suffix"], row["change"]) for row in report["receipts"]]


def latest_of(cloud: Cloud, bucket: str) -> str:
    """Which version `latest` is."""
    record = json.loads(cloud.read(bucket, "growth/shop/manifests/latest.json"))
    return str(record["version"])


def test_the_main_job_on_s3(hermes: Hermes, tmp_path: Path, s3_server: S3Server) -> None:
    dev, prod = s3_server.make_bucket("main-job-dev"), s3_server.make_bucket("main-job-prod")
    buckets = ("--dev-bucket", dev, "--prod-bucket", prod, "--region", "us-east-1")
    hermes.run("new", "shop", "--no-input", "--team", "growth", *buckets, cwd=tmp_path)
    endpoint = {"AWS_ENDPOINT_URL_S3": s3_server.url}
    repo = Repo(path=tmp_path / "shop", hermes=hermes, variables=endpoint)
    repo.run("test")
    repo.run("run", "shop")
    repo.switch("feature/first")
    deployed = repo.run("deploy")
    assert deployed.stdout == "PROJECT  SUFFIX         DEV\nshop     feature-first  deployed\n"
    assert "prod was left out" in deployed.stderr
    assert repo.run("run", "shop@feature-first").stdout.startswith("Revenue 528.35")

    repo.switch("main")
    released = repo.run("deploy", env=github(repo, "main"))
    assert released.stdout.splitlines() == [
        "PROJECT  SUFFIX  DEV       PROD      LATEST",
        "shop     0.1.0   released  released  0.1.0",
    ]
    assert repo.run("run", "shop@latest", "--env", "prod").stdout.startswith("Revenue 528.35")
    assert (
        repo.run("show", "shop@latest", "--env", "prod", "-o", "json").json["manifest"]["actor"] == "octocat"
    )
    rows = {e["environment"]: e["rows"] for e in repo.run("ls", "-o", "json").json["environments"]}
    assert [row["suffix"] for row in rows["dev"]] == ["0.1.0", "feature-first"]
    assert [row["suffix"] for row in rows["prod"]] == ["0.1.0"]


def test_a_feature_branch_deploys_to_dev_only(cloud: Cloud) -> None:
    cloud.repo.switch("feature/first")
    for event in (None, "push"):
        report = deploy(cloud, event=event)
        assert [(row["environment"], row["suffix"]) for row in report["receipts"]] == [
            ("dev", "feature-first")
        ]
        assert [row["environment"] for row in report["left_out"]] == ["prod"]
        assert "releases only" in deploy(cloud, "--env", "prod", event=event, expect=3)["error"]["message"]
        deploy(cloud, "--env", "dev", "--env", "prod", event=event, expect=3)
    assert cloud.keys(cloud.prod) == set()
    names = {key.split("/")[2] for key in cloud.keys(cloud.dev)}
    assert names == {
        "owner.json",
        "builds",
        "manifests",
        "shop-feature-first.py",
        "shop-0+feature.first-py3-none-any.whl",
    }


def test_dev_and_prod_get_the_same_bytes(cloud: Cloud) -> None:
    assert changes(deploy(cloud)) == [("dev", "0.1.0", "release"), ("prod", "0.1.0", "release")]
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod)
    for key in cloud.keys(cloud.dev):
        if "/manifests/" not in key and not key.endswith("owner.json"):  # these say when
            assert cloud.read(cloud.dev, key) == cloud.read(cloud.prod, key), key
    by_name = {key.split("/", 2)[2] for key in cloud.keys(cloud.dev) if "/index/" not in key}
    assert {name for name in by_name if not name.startswith("builds/")} == {
        "owner.json",
        "manifests/releases/0.1.0.json",
        "manifests/latest.json",
        "shop-0.1.0.py",
        "shop-latest.py",
        "shop-0.1.0-py3-none-any.whl",
        "shop-0+latest-py3-none-any.whl",
    }
    for key in cloud.keys(cloud.dev):
        if "/builds/" in key:
            assert hashlib.sha256(cloud.read(cloud.dev, key)).hexdigest() == key.split("/")[-2]
    tree = cloud.repo.git("rev-parse", "HEAD:shop")
    assert f"growth/index/shop/0.1.0/{tree}" in cloud.keys(cloud.dev)


def test_the_same_deploy_again_changes_nothing(cloud: Cloud) -> None:
    deploy(cloud)
    cloud.repo.switch("feature/first")
    deploy(cloud)
    before = cloud.everything()
    assert changes(deploy(cloud)) == [("dev", "feature-first", "nothing")]
    cloud.repo.switch("main")
    again = deploy(cloud)
    assert changes(again) == [("dev", "0.1.0", "nothing"), ("prod", "0.1.0", "nothing")]
    assert cloud.everything() == before


def test_a_release_asks_for_a_new_version(cloud: Cloud) -> None:
    repo = cloud.repo
    deploy(cloud)
    first = cloud.everything()
    repo.write("shop/shop/__init__.py", 'WORD = "changed"\n')
    repo.commit()
    refused = deploy(cloud, expect=4)
    assert changes(refused) == [("dev", "0.1.0", "refused"), ("prod", "0.1.0", "skipped")]
    assert "other content" in refused["receipts"][0]["reason"]
    assert refused["receipts"][0]["hint"] == "hermes bump shop"
    assert cloud.everything() == first

    repo.set_version("0.2.0")
    repo.commit()
    assert changes(deploy(cloud)) == [("dev", "0.2.0", "release"), ("prod", "0.2.0", "release")]
    for bucket in (cloud.dev, cloud.prod):
        assert latest_of(cloud, bucket) == "0.2.0"
        now = cloud.objects(bucket)
        moved = {key for key, stamp in first[bucket].items() if now[key] != stamp}
        # The script has the same bytes in both versions, so its copy stays as it is.
        assert moved == {
            "growth/shop/manifests/latest.json",
            "growth/shop/shop-0+latest-py3-none-any.whl",
        }
        assert now.keys() > first[bucket].keys()
    assert '"word": "changed"' in repo.run("run", "shop@latest").stdout
    assert '"word": "hello"' in repo.run("run", "shop@0.1.0", "--env", "prod").stdout


def test_latest_moves_only_forward_and_never_to_a_prerelease(cloud: Cloud) -> None:
    repo = cloud.repo
    for version, latest in [
        ("1.0.0", "1.0.0"),
        ("0.9.0", "1.0.0"),
        ("2.0.0rc1", "1.0.0"),
        ("1.10.0", "1.10.0"),
    ]:
        repo.set_version(version)
        repo.commit()
        for receipt in deploy(cloud)["receipts"]:
            assert (receipt["change"], receipt["latest"]) == ("release", latest)
        assert latest_of(cloud, cloud.dev) == latest_of(cloud, cloud.prod) == latest
    assert repo.run("run", "shop@latest", "-o", "json").json["specification"]["version"] == "1.10.0"
    assert repo.run("run", "shop@2.0.0rc1", "-o", "json").json["specification"]["version"] == "2.0.0rc1"
    rows = repo.run("ls", "shop", "--env", "dev", "-o", "json").json["environments"][0]["rows"]
    assert [row["suffix"] for row in rows] == ["2.0.0rc1", "1.10.0", "1.0.0", "0.9.0"]


def test_what_does_not_run_asks_for_no_new_version(cloud: Cloud) -> None:
    repo = cloud.repo
    deploy(cloud)
    before = cloud.everything()
    repo.write("shop/README.md", "# Another text\n")
    repo.write("shop/tests/test_more.py", "def test_more() -> None:\n    assert True\n")
    repo.commit()
    assert {change for _, _, change in changes(deploy(cloud))} <= {"nothing", "complete"}
    now = cloud.everything()
    for bucket, objects in before.items():
        # The marker of the new source tree may be written, and nothing else.
        assert {key for key in now[bucket] if "/index/" not in key} <= objects.keys()
        assert {key: now[bucket][key] for key in objects} == objects
    assert {change for _, _, change in changes(deploy(cloud))} == {"nothing"}


@pytest.mark.parametrize("spelling", ["0.1", "0.1.0.0"])
def test_another_spelling_of_a_version_is_refused(cloud: Cloud, spelling: str) -> None:
    deploy(cloud)
    before = cloud.everything()
    cloud.repo.set_version(spelling)
    cloud.repo.commit()
    refused = deploy(cloud, expect=4)
    assert "another spelling of 0.1.0" in refused["receipts"][0]["reason"]
    assert cloud.everything() == before


def test_a_dry_run_lists_what_a_deploy_writes_and_writes_nothing(cloud: Cloud) -> None:
    repo = cloud.repo
    add_project(repo, "lake")
    repo.commit()
    for branch, word in [
        ("feature/first", "one"),
        ("feature/first", "two"),
        ("main", "two"),
        ("main", "three"),
    ]:
        repo.switch(branch)
        repo.write("shop/shop/__init__.py", f'WORD = "{word}"\n')
        if word == "three":
            repo.set_version("0.2.0")
        repo.commit()
        before = cloud.everything()
        steps = deploy(cloud, "--dry-run")["steps"]
        assert cloud.everything() == before
        planned = {"dev": set[str](), "prod": set[str]()}
        for step in steps:
            planned[step["environment"]] |= {row["key"] for row in step["objects"]}
        deploy(cloud)
        for name, bucket in (("dev", cloud.dev), ("prod", cloud.prod)):
            now = cloud.objects(bucket)
            written = {key for key, stamp in now.items() if before[bucket].get(key) != stamp}
            assert written <= planned[name], (branch, word)
            # What is in the plan and was not written was there before with these very bytes.
            assert planned[name] - written <= before[bucket].keys(), (branch, word)
            assert written or not planned[name]
    assert "nothing was written" in repo.run("deploy", "--dry-run", env=github(repo, "main")).stdout


def test_another_repo_cannot_take_a_projects_name(make_cloud: Callable[[], Cloud]) -> None:
    ours, theirs = make_cloud(), make_cloud()
    deploy(ours)
    settings = theirs.repo.path / "hermes.toml"
    text = settings.read_text().replace(theirs.dev, ours.dev).replace(theirs.prod, ours.prod)
    settings.write_text(text)
    theirs.repo.set_version("5.0.0")
    theirs.repo.commit()
    before = ours.everything()
    refused = deploy(theirs, expect=4)
    assert "belongs to another repo" in refused["receipts"][0]["reason"]
    theirs.repo.switch("feature/first")
    assert "belongs to another repo" in deploy(theirs, expect=4)["receipts"][0]["reason"]
    assert ours.everything() == before


def test_a_failure_in_one_project_does_not_stop_the_others(cloud: Cloud) -> None:
    repo = cloud.repo
    add_project(repo, "broken")
    repo.edit("broken/pyproject.toml", 'build-backend = "uv_build"', 'build-backend = "absent"')
    repo.commit()
    report = deploy(cloud, expect=6)
    done = [(row["environment"], row["project"], row["change"]) for row in report["receipts"]]
    assert [row for row in done if row[1] == "shop"] == [
        ("dev", "shop", "release"),
        ("prod", "shop", "release"),
    ]
    assert next(row for row in done if row[1] == "broken") == ("dev", "broken", "failed")
    assert not any("/broken/" in key for key in cloud.keys(cloud.dev) | cloud.keys(cloud.prod))
