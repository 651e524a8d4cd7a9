"""hermes status: each state, why it is so, and what to type next."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.deploy import DeployRequest, deploy
from hermes_cli.usecases.retire import retire
from hermes_cli.usecases.rollback import rollback
from hermes_cli.usecases.status import Standing, State, status
from hermes_cli.usecases.yank import yank
from memory_store import snapshot
from sample_builds import built_project, offline
from sample_operations import FOLDERS, quiet, workspace_of
from sample_repos import HERMES, commit, make_repo, sh, write


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offline(tmp_path, monkeypatch)
    return make_repo(
        tmp_path / "repo", {"hermes.toml": HERMES + FOLDERS, **built_project("sales", version="1.0.0")}
    )


def change(repo: Path, version: str, word: str | None = None) -> None:
    """Give the project another version and content; not committed."""
    write(repo, built_project("sales", version=version))
    write(repo, {"sales/sales/__init__.py": f"WORD = {word or version!r}\n"})


def deployed(repo: Path, **facts: Any) -> None:
    report = deploy(workspace_of(repo), DeployRequest(**facts), notify=quiet)
    assert {receipt.exit_code for receipt in report.receipts} == {0}


def released(repo: Path, *versions: str) -> None:
    for version in versions:
        change(repo, version)
        commit(repo, version)
        deployed(repo)


def standing(repo: Path, environment: str = "prod", **variables: str) -> Standing:
    store = LocalStore(repo / ".hermes" / environment)
    before = snapshot(store)
    (found,) = status(workspace_of(repo, **variables), (), (environment,), notify=quiet)
    assert snapshot(store) == before
    assert (found.environment, found.project) == (environment, "sales")
    return found


def with_origin(repo: Path) -> None:
    sh(repo, "git", "remote", "add", "origin", "https://git.acme.example/sales.git")


def told(one: Standing) -> tuple[State, str | None, str, str | None]:
    return one.state, one.latest, one.why, one.next


def test_what_was_never_deployed_is_new(repo: Path) -> None:
    expected = (State.NEW, None, "1.0.0 is not deployed yet", "hermes deploy --env prod")
    assert told(standing(repo)) == expected
    assert not (repo / ".hermes" / "prod").exists()


def test_what_is_not_committed_is_committed_first(repo: Path) -> None:
    released(repo, "1.0.0")
    change(repo, "1.1.0")
    one = standing(repo)
    assert told(one)[:3] == (State.NEW, "1.0.0", "1.1.0 has changes that are not committed")
    assert (one.next or "").startswith("git add -A && git commit")


def test_what_is_on_a_branch_is_merged_first(repo: Path) -> None:
    released(repo, "1.0.0")
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    change(repo, "1.1.0")
    expected = (
        State.NEW,
        "1.0.0",
        "1.1.0 is on feature/x, not merged into main",
        "git push -u origin feature/x, and open a pull request",
    )
    with_origin(repo)
    assert standing(repo).next == 'git add -A && git commit -m "…"'
    commit(repo)
    assert told(standing(repo)) == expected


def test_without_a_remote_nobody_is_told_to_push(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    change(repo, "1.1.0")
    assert standing(repo).next == 'git add -A && git commit -m "…"'
    commit(repo)
    assert standing(repo).next == "git switch main && git merge feature/x"
    write(repo, {"hermes.toml": HERMES + FOLDERS.replace('"anywhere"', '"ci"')})
    commit(repo)
    assert standing(repo).next == "git remote add origin ADDRESS"
    sh(repo, "git", "switch", "-q", "--detach")
    assert standing(repo).next == "git switch -c feature/my-change"
    sh(repo, "git", "switch", "-q", "-C", "main")
    assert standing(repo).next == "git remote add origin ADDRESS"


def test_where_ci_releases_one_pushes_and_waits(repo: Path) -> None:
    with_origin(repo)
    write(repo, {"hermes.toml": HERMES + FOLDERS.replace('"anywhere"', '"ci"')})
    commit(repo)
    expected = (State.NEW, None, "1.0.0 waits for CI, which releases to prod", "git push")
    assert told(standing(repo)) == expected


def test_what_is_released_is_up_to_date(repo: Path) -> None:
    released(repo, "1.0.0")
    assert told(standing(repo)) == (State.UP_TO_DATE, "1.0.0", "1.0.0 is released", None)
    assert standing(repo).feature is None
    # What does not run makes no other content.
    write(repo, {"sales/README.md": "changed\n"})
    assert standing(repo).state is State.UP_TO_DATE


def test_other_content_needs_another_version(repo: Path) -> None:
    released(repo, "1.0.0", "1.1.0")
    change(repo, "1.1.0", "other")
    expected = (
        State.CHANGED,
        "1.1.0",
        "1.1.0 is released with other content",
        "hermes bump sales",
    )
    assert told(standing(repo)) == expected
    commit(repo)
    assert told(standing(repo)) == expected


def test_what_is_older_than_there_is_behind(repo: Path) -> None:
    released(repo, "1.0.0", "1.1.0")
    with_origin(repo)
    pull = "git switch main && git pull"
    sh(repo, "git", "checkout", "-q", "HEAD~1")
    assert told(standing(repo)) == (State.NEWER_THERE, "1.1.0", "this is 1.0.0", pull)
    sh(repo, "git", "switch", "-q", "main")
    change(repo, "0.9.0")
    commit(repo)
    assert told(standing(repo)) == (
        State.NEWER_THERE,
        "1.1.0",
        "1.1.0 is released there, and this is 0.9.0",
        pull,
    )
    sh(repo, "git", "remote", "remove", "origin")
    assert standing(repo).next == "git switch main"


def test_a_rollback_and_its_reason_are_told(repo: Path) -> None:
    released(repo, "1.0.0", "1.1.0")
    rollback(workspace_of(repo), parse_reference("sales@1.0.0"), "prod", "wrong totals", notify=quiet)
    assert told(standing(repo)) == (
        State.UP_TO_DATE,
        "1.0.0",
        "1.1.0 is released, but latest was moved back: wrong totals",
        "repair it, then: hermes bump sales; or go forward again: hermes rollback sales@1.1.0 --env prod",
    )
    assert standing(repo, "dev").why == "1.1.0 is released"
    rollback(workspace_of(repo), parse_reference("sales@1.1.0"), "prod", None, notify=quiet)
    assert told(standing(repo)) == (State.UP_TO_DATE, "1.1.0", "1.1.0 is released", None)


def test_a_yank_and_its_reason_are_told(repo: Path) -> None:
    released(repo, "1.0.0", "1.1.0")
    workspace, reference = workspace_of(repo), parse_reference("sales@1.1.0")
    yank(workspace, reference, "prod", "counts twice", Version("1.0.0"), notify=quiet)
    one = standing(repo)
    assert told(one) == (
        State.UP_TO_DATE,
        "1.0.0",
        "1.1.0 is yanked: counts twice",
        "repair it, then: hermes bump sales",
    )
    assert one.yanked
    assert not standing(repo, "dev").yanked


def test_a_retired_name_has_no_next_step(repo: Path) -> None:
    released(repo, "1.0.0")
    retire(workspace_of(repo), parse_reference("sales"), "prod", "replaced", notify=quiet)
    change(repo, "1.1.0")
    one = standing(repo)
    assert told(one) == (State.RETIRED, "1.0.0", "the name was retired: replaced", None)


def test_a_build_that_fails_is_told_for_its_project_alone(repo: Path) -> None:
    write(repo, built_project("costs", version="2.0.0"))
    commit(repo)
    write(repo, {"sales/backend.py": "raise SystemExit('no wheel today')\n"})
    costs, sales = status(workspace_of(repo), (), ("prod",), notify=quiet)
    assert (costs.project, costs.state) == ("costs", State.NEW)
    assert (sales.project, sales.state, sales.version) == ("sales", State.BROKEN, "1.0.0")
    assert sales.why


def test_a_feature_and_its_state_are_told_where_features_go(repo: Path) -> None:
    released(repo, "1.0.0")
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    write(repo, {"sales/sales/__init__.py": 'WORD = "mine"\n'})
    assert standing(repo, "dev").feature == "feature-x is not deployed: hermes deploy --env dev"
    deployed(repo, environments=("dev",))
    assert standing(repo, "dev").feature == "feature-x is deployed as it is here"
    commit(repo)
    assert standing(repo, "dev").feature == "feature-x is deployed as it is here"
    write(repo, {"sales/sales/__init__.py": 'WORD = "more"\n'})
    expected = "feature-x is deployed from an earlier state: hermes deploy --env dev"
    assert standing(repo, "dev").feature == expected
    assert standing(repo, "prod").feature is None


def test_what_cannot_be_asked_hides_nothing_else(repo: Path) -> None:
    released(repo, "1.0.0")
    write(repo, {".hermes/prod/growth/sales/manifests/latest.json": "no JSON"})
    dev, prod = status(workspace_of(repo), (), (), notify=quiet)
    assert (dev.environment, dev.state, dev.exit_code) == ("dev", State.UP_TO_DATE, 0)
    assert (prod.environment, prod.state, prod.exit_code) == ("prod", State.NOT_KNOWN, 1)
    assert "latest.json is not valid JSON" in prod.why


def test_all_that_are_meant_are_told_and_unknown_ones_refused(repo: Path) -> None:
    found = status(workspace_of(repo), (), (), notify=quiet)
    assert [one.environment for one in found] == ["dev", "prod"]
    found = status(workspace_of(repo), (), ("prod", "prod"), notify=quiet)
    assert [one.environment for one in found] == ["prod"]
    with pytest.raises(InvalidInput):
        status(workspace_of(repo), ("costs",), (), notify=quiet)
    with pytest.raises(InvalidInput):
        status(workspace_of(repo), (), ("nowhere",), notify=quiet)


def test_what_is_in_main_is_told_so_from_elsewhere(repo: Path) -> None:
    expected = (State.NEW, None, "1.0.0 is in main and is not deployed yet")
    step = "git switch main && hermes deploy --env prod"
    for switch in (("--detach",), ("-c", "feature/same")):
        sh(repo, "git", "switch", "-q", *switch)
        assert told(standing(repo)) == (*expected, step)
    commit(repo)
    assert standing(repo).next == "git switch main && git merge feature/same"


def test_what_ci_releases_is_pushed_once(repo: Path, tmp_path: Path) -> None:
    write(repo, {"hermes.toml": HERMES + FOLDERS.replace('"anywhere"', '"ci"')})
    commit(repo)
    sh(tmp_path, "git", "init", "-q", "--bare", "origin.git")
    sh(repo, "git", "remote", "add", "origin", str(tmp_path / "origin.git"))
    sh(repo, "git", "switch", "-q", "-c", "feature/same")
    waits = "waits for CI, which releases to prod"
    assert told(standing(repo))[2:] == (f"1.0.0 is in main and {waits}", "git switch main && git push")
    sh(repo, "git", "push", "-q", "origin", "main")
    assert told(standing(repo))[2:] == (f"1.0.0 is in main and {waits}", None)
    sh(repo, "git", "switch", "-q", "main")
    assert told(standing(repo))[2:] == (f"1.0.0 {waits}", None)


def test_a_default_branch_that_there_is_not_is_made(repo: Path) -> None:
    sh(repo, "git", "branch", "-m", "main", "master")
    step = "git branch -m master main"
    assert told(standing(repo))[2:] == ("1.0.0 is on master, and there is no branch main", step)
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert standing(repo).next == step
    sh(repo, *step.split())
    assert standing(repo).why == "1.0.0 is in main and is not deployed yet"


def test_without_git_it_is_begun_on_the_default_branch(repo: Path) -> None:
    shutil.rmtree(repo / ".git")
    write(repo, {"hermes.toml": 'default-branch = "trunk"\n' + HERMES + FOLDERS})
    with pytest.raises(HermesError) as caught:
        status(workspace_of(repo), (), (), notify=quiet)
    assert caught.value.hint == 'git init -b trunk && git add -A && git commit -m "Start"'
