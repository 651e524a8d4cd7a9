"""The generated GitHub workflow, step by step on a real repository, against a real S3 server.

Executed are the workflow's own `run` steps, its conditions and the order of its jobs, by act, for a feature branch, a
pull request, one of a fork, a merge and the form for rollback and yank. Not shown, because only GitHub has it: that a
role is given by OIDC to the right branch and environment alone, that an environment waits for an approval or refuses a
branch, that GitHub gives a fork's run no rights, and that runs wait for each other (`concurrency`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from servers import REGION, S3Server

from .acting import ROLES, Actor, hermes_for_ci
from .harness import PYTHON, Hermes, Repo, fresh_hermes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow

DEV, PROD = ROLES.values()
COMPANY = "acme/hermes-workflows/.github/workflows/hermes.yml@v1"


FEATURE = {
    "growth/shop/owner.json",
    "growth/shop/manifests/features/totals.json",
    "growth/shop/shop-feature-totals.py",
    "growth/shop/shop-0+feature.totals-py3-none-any.whl",
}


def releases(*versions: str) -> set[str]:
    keys = {
        "growth/shop/owner.json",
        "growth/shop/manifests/latest.json",
        "growth/shop/shop-latest.py",
        "growth/shop/shop-0+latest-py3-none-any.whl",
    }
    for version in versions:
        keys |= {f"growth/shop/manifests/releases/{version}.json", f"growth/shop/shop-{version}.py"}
        keys.add(f"growth/shop/shop-{version}-py3-none-any.whl")
    return keys


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A repo made by `hermes new`, its workflow, and what lies in its buckets."""

    repo: Repo
    actor: Actor
    dev: str
    prod: str
    s3: S3Client

    def keys(self, bucket: str) -> set[str]:
        """What lies in a bucket, without what is named by its content or only repeats what was released."""
        rows = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {row["Key"] for row in rows if "/builds/" not in row["Key"] and "/index/" not in row["Key"]}

    def latest(self, bucket: str) -> dict[str, Any]:
        """The record of what latest is."""
        body = self.s3.get_object(Bucket=bucket, Key="growth/shop/manifests/latest.json")["Body"].read()
        record: dict[str, Any] = json.loads(body)
        return record

    def everything(self) -> dict[str, dict[str, str]]:
        """All objects of both buckets, with their digests."""
        pages = {bucket: self.s3.list_objects_v2(Bucket=bucket) for bucket in (self.dev, self.prod)}
        return {
            bucket: {row["Key"]: row["ETag"] for row in page.get("Contents", [])}
            for bucket, page in pages.items()
        }


@pytest.fixture(scope="module")
def ci(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[str, Path]:
    """The Hermes that CI installs, and the Python that it installs it into."""
    folder = tmp_path_factory.mktemp("ci")
    return hermes_for_ci(fresh_hermes(folder / "home", cache), folder)


@pytest.fixture
def make_stage(
    hermes: Hermes, tmp_path: Path, s3_server: S3Server, ci: tuple[str, Path]
) -> Callable[..., Stage]:
    def make(*options: str, reusable: str = "") -> Stage:
        dev, prod = (s3_server.make_bucket(f"{name}-{uuid.uuid4().hex[:12]}") for name in ("dev", "prod"))
        requirement, python = ci
        hermes.run(
            *("new", "shop", "--no-input", "--team", "growth", "--python", PYTHON),
            *("--dev-bucket", dev, "--prod-bucket", prod, "--region", REGION),
            *("--hermes-requirement", requirement, *options),
            cwd=tmp_path,
        )
        repo = Repo(path=tmp_path / "shop", hermes=hermes)
        remote = tmp_path / "remote.git"
        repo.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
        actor = Actor(
            repo=repo,
            remote=remote,
            folder=tmp_path / "act",
            python=python,
            server=s3_server,
            reusable=reusable,
        )
        return Stage(repo=repo, actor=actor, dev=dev, prod=prod, s3=s3_server.client())

    return make


def test_from_a_branch_to_a_release_and_back(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    repo, actor, dev, prod = stage.repo, stage.actor, stage.dev, stage.prod

    started = actor.push("main")
    assert started.jobs == {"build": "success", "deploy-dev": "success", "deploy-prod": "success"}, (
        started.log
    )
    assert started.roles == (DEV, PROD)
    assert stage.keys(dev) == stage.keys(prod) == releases("0.1.0")

    repo.switch("feature/totals")
    repo.edit("shop/shop/shop.py", "written to", "totals in")
    repo.commit("Say where the totals are")
    pushed = actor.push("feature/totals")
    assert pushed.jobs == {"build": "success", "deploy-dev": "success"}, pushed.log
    assert pushed.roles == (DEV,)
    assert stage.keys(dev) == releases("0.1.0") | FEATURE
    assert stage.keys(prod) == releases("0.1.0")

    before = stage.everything()
    unraised = actor.pull_request("feature/totals")
    assert (unraised.jobs, unraised.roles) == ({"build": "failure"}, ()), unraised.log
    assert "shop/pyproject.toml" in unraised.log
    assert "5 passed" in unraised.log  # a finding is no reason to hide how the tests went

    repo.set_version("0.2.0")
    repo.commit("Raise the version")
    foreign = actor.pull_request("feature/totals", fork=True)
    assert (foreign.jobs, foreign.roles) == ({"build": "success"}, ()), foreign.log
    assert "| shop | 0.2.0 | 0.1.0 | would be released |" in foreign.log
    assert stage.everything() == before

    repo.switch("main")
    repo.git("merge", "--quiet", "--no-ff", "feature/totals")
    merged = actor.push("main")
    assert merged.jobs == {"build": "success", "deploy-dev": "success", "deploy-prod": "success"}, merged.log
    assert merged.roles == (DEV, PROD)
    assert stage.keys(prod) == releases("0.1.0", "0.2.0")
    assert stage.keys(dev) == releases("0.1.0", "0.2.0") | FEATURE
    assert (stage.latest(dev)["version"], stage.latest(prod)["version"]) == ("0.2.0", "0.2.0")

    reason = 'wrong "totals"; touch gone $(exit 1) `exit 1`'
    asked = {"project": "shop", "version": "0.1.0", "environment": "prod", "reason": reason, "to": ""}
    back = actor.dispatch(action="rollback", **asked)
    assert (back.jobs, back.roles) == ({"operate": "success"}, (PROD,)), back.log
    assert (stage.latest(dev)["version"], stage.latest(prod)["version"]) == ("0.2.0", "0.1.0")
    assert reason in json.dumps(stage.latest(prod)).replace('\\"', '"')

    repo.switch("feature/totals")
    before = stage.everything()
    refused = actor.dispatch(action="yank", **asked)
    assert refused.jobs == {"operate": "failure"}
    assert "is changed by CI on the default branch" in refused.log
    assert stage.everything() == before


def test_a_company_s_workflow_does_the_same_for_the_repos_that_call_it(
    make_stage: Callable[..., Stage], hermes: Hermes, tmp_path: Path
) -> None:
    reusable = hermes.run("template", "workflow", cwd=tmp_path).stdout
    stage = make_stage("--workflow", COMPANY, reusable=reusable)
    pushed = stage.actor.push("main")
    assert set(pushed.jobs.values()) == {"success"}, pushed.log
    assert pushed.roles == (DEV, PROD)
    assert stage.keys(stage.dev) == stage.keys(stage.prod) == releases("0.1.0")
