"""hermes new --github, with a stand-in for gh that keeps its state, and a real repository to push to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .harness import Hermes, Result

FAKE = Path(__file__).resolve().parents[1] / "samples/fake_gh.py"
UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."
PROTECTION = "PUT repos/acme/shop/branches/main/protection"
NAMES = [
    "the private repository",
    "the environment dev",
    "the environment prod",
    "main on GitHub",
    "the protection of main",
]


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """The state of the stand-in, and `hermes new` in a folder beside it."""

    hermes: Hermes
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "github.json").read_text())
        return state

    def set(self, **changes: Any) -> None:
        (self.folder / "github.json").write_text(json.dumps(self.state | changes))

    def new(self, *options: str, expect: int = 0) -> Result:
        words = ("new", "shop", "--no-input", "--team", "growth", "--github", "acme/shop", *options)
        result = self.hermes.run(*words, cwd=self.folder, env=self.variables, expect=expect)
        # However it went on GitHub, the repo on this machine is whole.
        assert self.git("status", "--porcelain") == ""
        assert self.git("log", "--format=%s") == "Start from the Hermes template"
        return result

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder / "shop",
            env=self.hermes.variables(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


@pytest.fixture
def github(hermes: Hermes, tmp_path: Path) -> GitHub:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    (programs / "gh").chmod(0o755)
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "FAKE_GH": str(tmp_path / "github.json"),
    }
    state = {"user": "octocat", "creates": "private", "repositories": {}, "calls": [], "fails": {}}
    (tmp_path / "github.json").write_text(json.dumps(state))
    return GitHub(hermes=hermes, folder=tmp_path, variables=variables)


def verdicts(result: Result) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in result.json["remote"]["settings"]}


def test_the_repository_is_private_gated_and_pushed(github: GitHub) -> None:
    result = github.new("-o", "json", "--dev-bucket", "a-dev")
    assert verdicts(result) == dict.fromkeys(NAMES, "ok")
    assert result.json["remote"]["exit_code"] == 0
    made = github.state["repositories"]["acme/shop"]
    assert made["facts"]["private"] is True
    assert made["environments"]["dev"]["deployment_branch_policy"] is None
    prod = made["environments"]["prod"]
    assert prod["deployment_branch_policy"] == {"protected_branches": False, "custom_branch_policies": True}
    assert prod["rules"] == [{"name": "main", "type": "branch"}]
    protection = made["protection"]["main"]
    assert protection["enforce_admins"] is True
    assert protection["required_status_checks"] == {"strict": True, "contexts": ["check"]}
    assert protection["required_pull_request_reviews"]["required_approving_review_count"] == 1
    assert github.git("rev-parse", "HEAD") == github.git("rev-parse", "origin/main")
    assert github.git("status", "--short", "--branch") == "## main...origin/main"
    pushed = github.git("ls-remote", "origin", "refs/heads/main").split()[0]
    assert pushed == github.git("rev-parse", "HEAD")
    # The rules of prod are there before anything is pushed that could deploy to it.
    calls = github.state["calls"]
    assert calls.index(
        "api --method POST repos/acme/shop/environments/prod/deployment-branch-policies --input -"
    ) < (calls.index("api repos/acme/shop/branches/main"))


def test_roles_that_the_company_knows_are_set_and_others_are_told(github: GitHub) -> None:
    defaults = github.folder / "defaults.toml"
    defaults.write_text('[new]\ndev-role-arn = "arn:aws:iam::1:role/hermes-{team}-dev"\n')
    known = GitHub(
        hermes=github.hermes,
        folder=github.folder,
        variables={**github.variables, "HERMES_DEFAULTS": str(defaults)},
    )
    result = known.new("--dev-bucket", "a-dev", "--prod-bucket", "a-prod")
    environments = github.state["repositories"]["acme/shop"]["environments"]
    role = "arn:aws:iam::1:role/hermes-growth-dev"
    assert environments["dev"]["variables"] == {"HERMES_DEV_ROLE_ARN": role}
    assert f"acme/shop: the variable HERMES_DEV_ROLE_ARN: {role}" in result.stdout
    told = "gh variable set HERMES_PROD_ROLE_ARN --repo acme/shop --env prod --body THE-ROLE-OF-PROD"
    assert f"  {told}" in result.stderr.splitlines()
    assert "HERMES_DEV_ROLE_ARN --repo" not in result.stderr


def test_a_called_workflow_has_another_name_for_its_check(github: GitHub) -> None:
    github.new("--workflow", "acme/flows/.github/workflows/hermes.yml@v1")
    protection = github.state["repositories"]["acme/shop"]["protection"]["main"]
    assert protection["required_status_checks"]["contexts"] == ["hermes / check"]


def test_without_gh_every_step_is_told_and_works_when_typed(github: GitHub) -> None:
    without = GitHub(hermes=github.hermes, folder=github.folder, variables={"PATH": path_without_gh()})
    result = without.new(expect=5)
    assert (
        "the private repository is missing: gh, GitHub's command-line program, is not installed"
        in result.error
    )
    assert "https://cli.github.com" in result.stderr
    lines = result.stderr.splitlines()
    commands = [line.strip() for line in lines if line.startswith(("  gh ", "  echo ", "  git push "))]
    assert len(commands) == 6
    for command in commands:
        env = github.hermes.variables(github.variables)
        subprocess.run(
            ["bash", "-c", command], cwd=github.folder / "shop", env=env, check=True, capture_output=True
        )
    made = github.state["repositories"]["acme/shop"]
    assert made["environments"]["prod"]["rules"] == [{"name": "main", "type": "branch"}]
    assert made["protection"]["main"]["enforce_admins"] is True
    assert github.git("rev-parse", "HEAD") == github.git("rev-parse", "origin/main")


def path_without_gh() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "gh").exists())


def test_nobody_logged_in(github: GitHub) -> None:
    github.set(user="")
    result = github.new(expect=5)
    assert "gh is not logged in to GitHub: gh auth login" in result.error
    assert len(github.state["calls"]) == 1


def test_a_plan_without_branch_protection_is_told_and_the_rest_is_done(github: GitHub) -> None:
    github.set(fails={PROTECTION: [403, UPGRADE]})
    result = github.new(expect=5)
    assert (
        "the protection of main is missing: the owner's plan on GitHub does not include this" in result.error
    )
    assert "Upgrade to GitHub Pro" in result.error
    assert "main on GitHub: at " in result.stdout
    assert result.stderr.splitlines()[-1].startswith("  echo '{")


def test_an_environment_without_its_rule_gets_no_role(github: GitHub) -> None:
    defaults = github.folder / "defaults.toml"
    defaults.write_text('[new]\nprod-role-arn = "arn:aws:iam::2:role/prod"\n')
    github.set(
        fails={"POST repos/acme/shop/environments/prod/deployment-branch-policies": [404, "Not Found"]}
    )
    known = GitHub(
        hermes=github.hermes,
        folder=github.folder,
        variables={**github.variables, "HERMES_DEFAULTS": str(defaults)},
    )
    result = known.new("-o", "json", expect=5)
    assert verdicts(result) == {
        **dict.fromkeys(NAMES, "ok"),
        "the environment prod": "problem",
        "the variable HERMES_PROD_ROLE_ARN": "skipped",
    }
    assert github.state["repositories"]["acme/shop"]["environments"]["prod"]["variables"] == {}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"repositories": {"acme/shop": {}}}, 4, "GitHub has it already: GraphQL: Name already exists"),
        (
            {"fails": {"CREATE acme/shop": [403, "You need admin access to the organization"]}},
            5,
            "GitHub does not allow it (HTTP 403): You need admin access to the organization",
        ),
        ({"fails": {"CREATE acme/shop": [500, "Server Error"]}}, 1, "GitHub refuses it: Server Error"),
        ({"creates": "internal"}, 1, "GitHub took the setting, and says that it is internal"),
    ],
    ids=["taken", "forbidden", "broken", "not private"],
)
def test_a_repository_that_cannot_be_had_stops_the_rest(
    github: GitHub, changes: dict[str, Any], code: int, message: str
) -> None:
    github.set(**changes)
    result = github.new("-o", "json", expect=code)
    assert verdicts(result) == {NAMES[0]: "problem", **dict.fromkeys(NAMES[1:], "skipped")}
    assert message in result.error


def test_two_kinds_of_failure_end_with_1(github: GitHub) -> None:
    dev = "PUT repos/acme/shop/environments/dev"
    github.set(fails={dev: [500, "Server Error"], PROTECTION: [403, UPGRADE]})
    result = github.new("-o", "json", expect=1)
    assert result.json["remote"]["exit_code"] == 1


@pytest.mark.parametrize("name", ["shop", "acme/", "a/b/c", "-x/y", "https://github.com/acme/shop"])
def test_a_name_that_is_none_of_github_makes_nothing(hermes: Hermes, tmp_path: Path, name: str) -> None:
    result = hermes.run("new", "shop", "--no-input", f"--github={name}", cwd=tmp_path, expect=2)
    assert "is not the name of a repository on GitHub" in result.error
    assert not (tmp_path / "shop").exists()
