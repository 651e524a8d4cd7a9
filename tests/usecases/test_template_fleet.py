"""hermes template fleet: many repos, their states, and the pull requests of those that are behind."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.domain.contract.errors import AccessDenied, InvalidInput
from hermes_cli.usecases.template_fleet import FleetRepo, inspect, repos_of
from hermes_cli.usecases.template_update import UpdateRequest
from sample_repos import isolate, make_repo, sh
from sample_templates import Pair, make_pair, nothing, replace

GH = Path(__file__).parents[1] / "samples/fleet_gh.py"
LATER = replace("README.md", "line 9", "line nine")
BRANCH = "hermes/template-v2-"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Repos of one organization on a GitHub of our own."""

    home: Path
    pair: Pair

    def add(self, name: str, root: Path | None = None) -> None:
        """Push a repo to it, as it is now."""
        sh(self.home, "git", "clone", "-q", "--bare", str(root or self.pair.root), f"acme/{name}.git")

    def look(self, *repos: str, pull: bool = False, **answers: str) -> dict[str, FleetRepo]:
        """What the fleet command finds, or does."""
        wish = UpdateRequest(answers=answers)
        found = inspect(
            repos_of(repos, None, None if repos else "acme"),
            wish,
            open_pull_requests=pull,
            environ={},
            notify=lambda event: None,
        )
        return {member.repo.removeprefix("acme/"): member for member in found}

    @property
    def pulls(self) -> list[dict[str, Any]]:
        """The pull requests that there are."""
        file = self.home / "pulls.json"
        return list(json.loads(file.read_text())) if file.exists() else []

    def calls(self) -> list[list[str]]:
        """What gh was asked."""
        return [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]

    def git(self, name: str, *arguments: str) -> str:
        """Ask the repository on the server."""
        return sh(self.home / "acme" / f"{name}.git", "git", *arguments)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A repo of each kind: two behind, one with conflicts, one current, one of another kind, one broken."""
    isolate(tmp_path / "home", monkeypatch)
    home, tools = tmp_path / "github", tmp_path / "tools"
    (home / "acme").mkdir(parents=True)
    tools.mkdir()
    (tools / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{GH}" "$@"\n')
    (tools / "gh").chmod(0o755)
    monkeypatch.setenv("FLEET_GH", str(home))
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    pair = make_pair(tmp_path)
    fleet = Fleet(home=home, pair=pair)
    fleet.add("behind")
    fleet.add("cart")
    pair.edit(replace("README.md", "line 9", "line mine"))
    fleet.add("conflicts")
    pair.edit(replace("hermes.toml", 'team = "growth"', 'team = "Growth!"'))
    fleet.add("broken")
    sh(pair.root, "git", "reset", "-q", "--hard", "HEAD~2")
    pair.release("v2", LATER)
    pair.update()
    fleet.add("current")
    (plain := make_repo(tmp_path / "plain")).joinpath("hermes.toml").unlink()
    sh(plain, "git", "commit", "-qam", "no hermes")
    fleet.add("other", plain)
    return fleet


def test_each_repo_is_listed_with_its_state_and_nothing_changes(fleet: Fleet) -> None:
    before = {name.name: fleet.git(name.stem, "for-each-ref") for name in (fleet.home / "acme").iterdir()}
    found = fleet.look()
    assert {name: one.state for name, one in found.items()} == {
        "behind": "behind",
        "broken": "failed",
        "cart": "behind",
        "conflicts": "conflicts",
        "current": "current",
        "other": "no-hermes-repo",
    }
    assert found["behind"].changes == ("README.md", "hermes.toml")
    assert found["conflicts"].conflicts == ("README.md",)
    assert "Growth!" in (found["broken"].reason or "")
    assert {
        name.name: fleet.git(name.stem, "for-each-ref") for name in (fleet.home / "acme").iterdir()
    } == before
    assert {tuple(call[:2]) for call in fleet.calls()} == {("repo", "list"), ("repo", "clone")}


def test_a_pull_request_is_opened_once_for_each_that_is_behind(fleet: Fleet) -> None:
    found = fleet.look(pull=True)
    assert {name for name, one in found.items() if one.state == "opened"} == {"behind", "cart"}
    assert [pull["repo"] for pull in fleet.pulls] == ["acme/behind", "acme/cart"]
    pull = fleet.pulls[0]
    assert pull["base"] == "main"
    assert pull["head"].startswith(BRANCH)
    assert "`README.md`" in pull["body"]
    assert "Left as it is here" not in pull["body"]
    assert found["behind"].pull_request == pull["url"]
    assert "line nine" in fleet.git("behind", "show", f"{pull['head']}:README.md")
    assert fleet.git("behind", "rev-parse", f"{pull['head']}~1") == fleet.git("behind", "rev-parse", "main")
    assert "line nine" not in fleet.git("behind", "show", "main:README.md")

    again = fleet.look(pull=True)
    assert {name for name, one in again.items() if one.state == "open"} == {"behind", "cart"}
    assert again["cart"].pull_request == found["cart"].pull_request
    assert len(fleet.pulls) == 2


def test_an_answer_that_a_repo_has_already_opens_no_pull_request(fleet: Fleet) -> None:
    assert fleet.look("acme/current", pull=True, ci="github")["current"].state == "current"
    assert fleet.pulls == []


def test_other_answers_have_a_pull_request_of_their_own(fleet: Fleet) -> None:
    fleet.look("acme/behind", pull=True)
    for state in ("opened", "open"):
        assert fleet.look("acme/behind", pull=True, ci="none")["behind"].state == state
    assert fleet.look("acme/current", pull=True, ci="none")["current"].state == "opened"
    bodies = [pull["body"] for pull in fleet.pulls]
    assert ["`ci`: `none`" in body for body in bodies] == [False, True, True]
    assert "from the template's" not in bodies[2]


def test_a_run_that_was_cut_off_after_its_push_is_taken_up_again(fleet: Fleet) -> None:
    fleet.look("acme/behind", pull=True)
    (fleet.home / "pulls.json").unlink()
    assert fleet.look("acme/behind", pull=True)["behind"].state == "opened"


def test_a_pull_request_that_somebody_closed_is_not_opened_again(fleet: Fleet) -> None:
    fleet.look("acme/behind", pull=True)
    (fleet.home / "pulls.json").write_text(json.dumps([{**fleet.pulls[0], "state": "CLOSED"}]))
    found = fleet.look("acme/behind", pull=True)["behind"]
    assert (found.state, found.pull_request) == ("closed", fleet.pulls[0]["url"])
    assert len(fleet.pulls) == 1


def test_a_clone_that_fails_says_why_and_what_to_do(fleet: Fleet) -> None:
    missing = (fleet.home / "nowhere").as_uri()
    (found,) = fleet.look(missing).values()
    path = fleet.home / "nowhere"
    assert (found.repo, found.state, found.exit_code) == (missing, "failed", AccessDenied.exit_code)
    assert found.reason == f"git could not clone nowhere: '{path}' does not appear to be a git repository"
    assert found.hint == "check its address, and that you may read it: git ls-remote ADDRESS"


def test_the_failure_of_one_does_not_stop_the_others(fleet: Fleet) -> None:
    # The server takes no push for this one.
    hook = fleet.home / "acme" / "behind.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    found = fleet.look("acme/absent", "acme/behind", "acme/cart", pull=True)
    assert {name: one.state for name, one in found.items()} == {
        "absent": "failed",
        "behind": "failed",
        "cart": "opened",
    }
    assert all(found[name].exit_code for name in ("absent", "behind"))
    assert [pull["repo"] for pull in fleet.pulls] == ["acme/cart"]


def test_a_repo_that_is_not_on_github_is_looked_at_and_gets_no_pull_request(fleet: Fleet) -> None:
    url = (fleet.home / "acme" / "cart.git").as_uri()
    assert fleet.look(url)[url].state == "behind"
    found = fleet.look(url, pull=True)[url]
    assert (found.state, found.exit_code) == ("failed", InvalidInput.exit_code)
    assert "not on GitHub" in (found.reason or "")


@pytest.mark.parametrize("name", ["-upload/x", "--help", "-x"])
def test_no_repo_is_taken_for_an_option(fleet: Fleet, name: str) -> None:
    (member,) = fleet.look(name).values()
    assert (member.state, member.exit_code) == ("failed", InvalidInput.exit_code)
    assert name in (member.reason or "")
    assert not (fleet.home / "calls").exists()
    with pytest.raises(InvalidInput, match="-x"):
        repos_of((), None, "-x")


def test_a_push_that_is_refused_says_what_the_server_said(fleet: Fleet) -> None:
    hook = fleet.home / "acme" / "behind.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'only by review' >&2\nexit 1\n")
    hook.chmod(0o755)
    (member,) = fleet.look("acme/behind", pull=True).values()
    assert (member.state, member.exit_code) == ("failed", AccessDenied.exit_code)
    assert "only by review" in (member.reason or "")
    assert fleet.pulls == []


def test_an_answer_reaches_every_repo(fleet: Fleet) -> None:
    fleet.pair.release("v3", nothing)
    found = fleet.look("acme/current", pull=True, ci="none")["current"]
    assert found.state == "opened"
    branch = fleet.pulls[0]["head"]
    assert 'ci = "none"' in fleet.git("current", "show", f"{branch}:hermes.toml")


def test_repos_come_from_arguments_a_file_and_an_organization(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "repos.txt"
    file.write_text("# ours\nacme/cart   # the cart\n\nacme/mine\n")
    assert repos_of(["acme/mine", "acme/shop"], file, None) == ("acme/mine", "acme/shop", "acme/cart")
    assert "acme/behind" in repos_of([], None, "acme")
    with pytest.raises(InvalidInput, match="no repo is named"):
        repos_of([], None, None)
    with pytest.raises(InvalidInput) as caught:
        repos_of([], tmp_path / "absent", None)
    assert caught.value.message == f"--file {tmp_path / 'absent'} cannot be read: No such file or directory"
    (tmp_path / "latin").write_bytes(b"acme/caf\xe9")
    with pytest.raises(InvalidInput, match="cannot be read: it is not UTF-8 text"):
        repos_of([], tmp_path / "latin", None)


def test_without_gh_it_says_what_to_install(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AccessDenied, match="gh, GitHub's command-line program"):
        repos_of([], None, "acme")
