"""What each CI system's documented variables are read as, the traps among them first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters import ci
from hermes_cli.domain.branch_ref import Ref, RefKind
from hermes_cli.domain.contract.errors import HermesError

SHA = "0123456789abcdef0123456789abcdef01234567"
GIT = Ref(kind=RefKind.BRANCH, source="git", branch="from-git")

BRANCH, PULL, TAG, DETACHED = RefKind.BRANCH, RefKind.PULL_REQUEST, RefKind.TAG, RefKind.DETACHED


def github(event: str, ref: str = "", **more: str) -> dict[str, str]:
    fixed = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_SHA": SHA}
    return {**fixed, "GITHUB_EVENT_NAME": event, "GITHUB_REF": ref, **more}


def gitlab(source: str, branch: str = "", **more: str) -> dict[str, str]:
    fixed = {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": SHA, "CI_DEFAULT_BRANCH": "main"}
    return {**fixed, "CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, **more}


def travis(event: str, branch: str, pull: str = "false", **more: str) -> dict[str, str]:
    fixed = {"CI": "true", "TRAVIS": "true", "TRAVIS_COMMIT": SHA, "TRAVIS_TAG": ""}
    return {
        **fixed,
        "TRAVIS_EVENT_TYPE": event,
        "TRAVIS_BRANCH": branch,
        "TRAVIS_PULL_REQUEST": pull,
        **more,
    }


def circle(branch: str = "", **more: str) -> dict[str, str]:
    return {"CI": "true", "CIRCLECI": "true", "CIRCLE_SHA1": SHA, "CIRCLE_BRANCH": branch, **more}


def azure(reason: str, ref: str, **more: str) -> dict[str, str]:
    fixed = {"TF_BUILD": "True", "BUILD_SOURCEVERSION": SHA}
    return {**fixed, "BUILD_REASON": reason, "BUILD_SOURCEBRANCH": ref, **more}


def bitbucket(branch: str = "", **more: str) -> dict[str, str]:
    fixed = {"CI": "true", "BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": SHA}
    return {**fixed, "BITBUCKET_BRANCH": branch, **more}


def jenkins(branch: str = "", **more: str) -> dict[str, str]:
    fixed = {"CI": "true", "JENKINS_URL": "https://jenkins.example/", "GIT_COMMIT": SHA}
    return {**fixed, "BRANCH_NAME": branch, **more}


# What runs it, what kind of ref that is, its branch, and whether such an event may release.
CASES: list[tuple[str, dict[str, str], RefKind, str | None, bool]] = [
    ("github push", github("push", "refs/heads/main"), BRANCH, "main", True),
    ("github schedule", github("schedule", "refs/heads/main"), BRANCH, "main", True),
    ("github manual", github("workflow_dispatch", "refs/heads/main"), BRANCH, "main", True),
    ("github feature/main", github("push", "refs/heads/feature/main"), BRANCH, "feature/main", True),
    ("github nested", github("push", "refs/heads/refs/heads/main"), BRANCH, "refs/heads/main", True),
    ("github heads/main", github("push", "refs/heads/heads/main"), BRANCH, "heads/main", True),
    ("github cyrillic", github("push", "refs/heads/ветка"), BRANCH, "ветка", True),
    ("github tag", github("push", "refs/tags/main"), TAG, None, False),
    ("github tag by hand", github("workflow_dispatch", "refs/tags/v1"), TAG, None, False),
    ("github release", github("release", "refs/tags/v1"), DETACHED, None, False),
    (
        "github pull request",
        github("pull_request", "refs/pull/7/merge", GITHUB_HEAD_REF="main", GITHUB_BASE_REF="main"),
        PULL,
        None,
        False,
    ),
    (
        "github pull_request_target",
        github("pull_request_target", "refs/heads/main", GITHUB_HEAD_REF="main", GITHUB_REF_NAME="main"),
        PULL,
        None,
        False,
    ),
    ("github review", github("pull_request_review", "refs/pull/7/merge"), PULL, None, False),
    ("github merge queue", github("merge_group", "refs/heads/gh-readonly-queue/main/x"), PULL, None, False),
    ("github workflow_run", github("workflow_run", "refs/heads/main"), DETACHED, None, False),
    ("github comment", github("issue_comment", "refs/heads/main"), DETACHED, None, False),
    ("github dispatch", github("repository_dispatch", "refs/heads/main"), DETACHED, None, False),
    ("github no ref needed", github("workflow_run"), DETACHED, None, False),
    ("github push of pull ref", github("push", "refs/pull/7/head"), PULL, None, False),
    ("github bare name", github("push", "main"), DETACHED, None, False),
    ("github no commit", github("push", "refs/heads/main", GITHUB_SHA=""), BRANCH, "main", False),
    ("gitlab push", gitlab("push", "main"), BRANCH, "main", True),
    ("gitlab schedule", gitlab("schedule", "main"), BRANCH, "main", True),
    ("gitlab manual", gitlab("web", "main"), BRANCH, "main", True),
    ("gitlab feature/main", gitlab("push", "feature/main"), BRANCH, "feature/main", True),
    ("gitlab refs/heads/main", gitlab("push", "refs/heads/main"), BRANCH, "refs/heads/main", True),
    ("gitlab api", gitlab("api", "main"), BRANCH, "main", False),
    ("gitlab trigger", gitlab("trigger", "main"), BRANCH, "main", False),
    ("gitlab child", gitlab("parent_pipeline", "main"), BRANCH, "main", False),
    ("gitlab child of merge request", gitlab("parent_pipeline", CI_MERGE_REQUEST_IID="3"), PULL, None, False),
    (
        "gitlab merge request",
        gitlab("merge_request_event", CI_COMMIT_REF_NAME="main", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main"),
        PULL,
        None,
        False,
    ),
    ("gitlab external pull", gitlab("external_pull_request_event", "main"), PULL, None, False),
    ("gitlab tag", gitlab("push", CI_COMMIT_TAG="main", CI_COMMIT_REF_NAME="main"), TAG, None, False),
    ("gitlab nothing", gitlab("push", CI_COMMIT_REF_NAME="main"), DETACHED, None, False),
    ("gitlab no default", gitlab("push", "main", CI_DEFAULT_BRANCH=""), BRANCH, "main", False),
    ("travis push", travis("push", "main"), BRANCH, "main", True),
    ("travis cron", travis("cron", "main"), BRANCH, "main", True),
    ("travis by hand", travis("api", "main"), BRANCH, "main", True),
    ("travis feature/main", travis("push", "feature/main"), BRANCH, "feature/main", True),
    ("travis refs/heads/main", travis("push", "refs/heads/main"), BRANCH, "refs/heads/main", True),
    ("travis pull request", travis("pull_request", "main", "12"), PULL, None, False),
    (
        "travis fork",
        travis(
            "pull_request", "main", "12", TRAVIS_PULL_REQUEST_BRANCH="main", TRAVIS_SECURE_ENV_VARS="false"
        ),
        PULL,
        None,
        False,
    ),
    ("travis number alone", travis("push", "main", "12"), PULL, None, False),
    ("travis event alone", travis("pull_request", "main"), PULL, None, False),
    ("travis tag", travis("push", "main", TRAVIS_TAG="main"), TAG, None, False),
    ("travis unknown event", travis("comment", "main"), BRANCH, "main", False),
    ("travis no branch", travis("push", ""), DETACHED, None, False),
    ("circle push", circle("main"), BRANCH, "main", True),
    ("circle feature/main", circle("feature/main"), BRANCH, "feature/main", True),
    (
        "circle branch with a pull request",
        circle("main", CIRCLE_PULL_REQUEST="https://example.com/pull/9"),
        BRANCH,
        "main",
        False,
    ),
    (
        "circle branch with pull requests",
        circle("fix", CIRCLE_PULL_REQUESTS="https://example.com/pull/9"),
        BRANCH,
        "fix",
        False,
    ),
    ("circle fork", circle("main", CIRCLE_PR_NUMBER="9", CIRCLE_PR_USERNAME="someone"), PULL, None, False),
    ("circle fork's ref", circle("pull/9"), PULL, None, False),
    ("circle fork's head", circle("pull/9/head"), PULL, None, False),
    ("circle a branch below pull/", circle("pull/9/better"), BRANCH, "pull/9/better", True),
    ("circle tag", circle(CIRCLE_TAG="main"), TAG, None, False),
    ("circle nothing", circle(), DETACHED, None, False),
    ("azure push", azure("IndividualCI", "refs/heads/main"), BRANCH, "main", True),
    ("azure batch", azure("BatchedCI", "refs/heads/main"), BRANCH, "main", True),
    ("azure schedule", azure("Schedule", "refs/heads/main"), BRANCH, "main", True),
    ("azure manual", azure("Manual", "refs/heads/main"), BRANCH, "main", True),
    (
        "azure feature/main",
        azure("IndividualCI", "refs/heads/feature/main", BUILD_SOURCEBRANCHNAME="main"),
        BRANCH,
        "feature/main",
        True,
    ),
    (
        "azure pull request",
        azure("PullRequest", "refs/pull/4/merge", SYSTEM_PULLREQUEST_TARGETBRANCH="refs/heads/main"),
        PULL,
        None,
        False,
    ),
    ("azure manual on pull", azure("Manual", "refs/pull/4/merge"), PULL, None, False),
    ("azure pull request on main", azure("PullRequest", "refs/heads/main"), PULL, None, False),
    ("azure other pipeline", azure("ResourceTrigger", "refs/heads/main"), BRANCH, "main", False),
    ("azure tag", azure("IndividualCI", "refs/tags/main"), TAG, None, False),
    ("azure tfvc", azure("IndividualCI", "$/project/main"), DETACHED, None, False),
    ("bitbucket push", bitbucket("main"), BRANCH, "main", True),
    ("bitbucket feature/main", bitbucket("feature/main"), BRANCH, "feature/main", True),
    (
        "bitbucket pull request",
        bitbucket("main", BITBUCKET_PR_ID="2", BITBUCKET_PR_DESTINATION_BRANCH="main"),
        PULL,
        None,
        False,
    ),
    ("bitbucket tag", bitbucket(BITBUCKET_TAG="main"), TAG, None, False),
    ("bitbucket commit", bitbucket(), DETACHED, None, False),
    ("jenkins push", jenkins("main"), BRANCH, "main", True),
    ("jenkins feature/main", jenkins("feature/main"), BRANCH, "feature/main", True),
    ("jenkins change", jenkins("PR-5", CHANGE_ID="5", CHANGE_TARGET="main"), PULL, None, False),
    ("jenkins fork's main", jenkins("main", CHANGE_ID="5", CHANGE_FORK="someone"), PULL, None, False),
    ("jenkins tag", jenkins("main", TAG_NAME="main"), TAG, None, False),
    ("jenkins plain job", jenkins(GIT_BRANCH="origin/main", GIT_LOCAL_BRANCH="main"), DETACHED, None, False),
    ("jenkins no commit", jenkins("main", GIT_COMMIT=""), BRANCH, "main", False),
    ("unknown CI", {"CI": "true", "BRANCH_NAME": "main"}, BRANCH, "from-git", False),
    ("no CI", {}, BRANCH, "from-git", False),
    (
        "empty variables",
        {"CI": "", "GITHUB_ACTIONS": "", "TRAVIS": "", "CIRCLECI": ""},
        BRANCH,
        "from-git",
        False,
    ),
    ("told not to be CI", {"CI": "false", "GITHUB_ACTIONS": "false"}, BRANCH, "from-git", False),
]


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    return path


@pytest.mark.parametrize(
    ("environ", "kind", "branch", "may_release"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_system_is_read_as_documented(
    environ: dict[str, str], kind: RefKind, branch: str | None, may_release: bool, event_file: Path
) -> None:
    ref = ci.detect({"GITHUB_EVENT_PATH": str(event_file), **environ}, GIT)
    assert (ref.kind, ref.branch, ref.release_event) == (kind, branch, may_release)


@pytest.mark.parametrize("environ", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_only_a_branch_has_a_name_and_may_release(environ: dict[str, str]) -> None:
    ref = ci.detect(environ, GIT)
    assert (ref.branch is not None) == (ref.kind is BRANCH)
    assert not ref.release_event or (ref.kind is BRANCH and ref.commit == SHA)


def test_the_facts_of_a_run_on_github(event_file: Path) -> None:
    more = {
        "GITHUB_ACTOR": "someone",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "team/repo",
        "GITHUB_RUN_ID": "42",
        "GITHUB_EVENT_PATH": str(event_file),
    }
    assert ci.detect(github("push", "refs/heads/main", **more), GIT) == Ref(
        kind=BRANCH,
        source="GITHUB_REF",
        branch="main",
        ci="GitHub Actions",
        event="push",
        release_event=True,
        commit=SHA,
        default_branch="main",
        actor="someone",
        run_url="https://github.example/team/repo/actions/runs/42",
    )


FACTS: list[tuple[dict[str, str], dict[str, Any]]] = [
    (
        gitlab("push", "main", CI_JOB_URL="https://ci.example/1", GITLAB_USER_LOGIN="someone"),
        {
            "ci": "GitLab CI",
            "source": "CI_COMMIT_BRANCH",
            "event": "push",
            "default_branch": "main",
            "run_url": "https://ci.example/1",
            "actor": "someone",
        },
    ),
    (
        travis("cron", "main", TRAVIS_JOB_WEB_URL="https://ci.example/2"),
        {
            "ci": "Travis CI",
            "source": "TRAVIS_BRANCH",
            "event": "cron",
            "default_branch": None,
            "run_url": "https://ci.example/2",
        },
    ),
    (
        circle("main", CIRCLE_BUILD_URL="https://ci.example/3", CIRCLE_USERNAME="someone"),
        {"ci": "CircleCI", "source": "CIRCLE_BRANCH", "run_url": "https://ci.example/3", "actor": "someone"},
    ),
    (
        azure(
            "Manual",
            "refs/heads/main",
            SYSTEM_COLLECTIONURI="https://ci.example/org/",
            SYSTEM_TEAMPROJECT="My Team",
            BUILD_BUILDID="4",
        ),
        {
            "ci": "Azure Pipelines",
            "source": "BUILD_SOURCEBRANCH",
            "event": "Manual",
            "run_url": "https://ci.example/org/My%20Team/_build/results?buildId=4",
        },
    ),
    (
        bitbucket("main", BITBUCKET_REPO_FULL_NAME="team/repo"),
        {
            "ci": "Bitbucket Pipelines",
            "source": "BITBUCKET_BRANCH",
            "run_url": "https://bitbucket.org/team/repo/pipelines/results/7",
        },
    ),
    (
        jenkins("trunk", BUILD_URL="https://ci.example/6", BRANCH_IS_PRIMARY="true"),
        {
            "ci": "Jenkins",
            "source": "BRANCH_NAME",
            "default_branch": "trunk",
            "run_url": "https://ci.example/6",
        },
    ),
]


@pytest.mark.parametrize(("environ", "facts"), FACTS, ids=[facts["ci"] for _, facts in FACTS])
def test_the_facts_of_a_run_elsewhere(environ: dict[str, str], facts: dict[str, Any]) -> None:
    ref = ci.detect(environ, GIT)
    assert {name: getattr(ref, name) for name in facts} == facts
    assert ref.commit == SHA


def test_github_without_its_event_file_may_not_release(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "absent.json")):
        ref = ci.detect(github("push", "refs/heads/main", GITHUB_EVENT_PATH=path), GIT)
        assert (ref.branch, ref.default_branch, ref.release_event) == ("main", None, False)


def test_a_github_schedule_names_no_repository_and_runs_for_the_default_branch(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text('{"schedule": "0 6 * * *"}')
    ref = ci.detect(github("schedule", "refs/heads/trunk", GITHUB_EVENT_PATH=str(path)), GIT)
    assert (ref.default_branch, ref.release_event) == ("trunk", True)
    ref = ci.detect(github("push", "refs/heads/trunk", GITHUB_EVENT_PATH=str(path)), GIT)
    assert (ref.default_branch, ref.release_event) == (None, False)


def test_what_an_event_says_of_the_default_branch_stands(event_file: Path) -> None:
    ref = ci.detect(github("schedule", "refs/heads/trunk", GITHUB_EVENT_PATH=str(event_file)), GIT)
    assert (ref.branch, ref.default_branch) == ("trunk", "main")


@pytest.mark.parametrize(
    "payload", ["[]", '"x"', '{"repository": 1}', '{"repository": {"default_branch": 1}}']
)
def test_an_odd_event_file_grants_nothing(tmp_path: Path, payload: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(payload)
    ref = ci.detect(github("push", "refs/heads/main", GITHUB_EVENT_PATH=str(path)), GIT)
    assert not ref.release_event


def test_a_broken_event_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("{")
    with pytest.raises(HermesError, match="GITHUB_EVENT_PATH"):
        ci.detect(github("push", "refs/heads/main", GITHUB_EVENT_PATH=str(path)), GIT)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"GITHUB_ACTIONS": "true"}, "GITHUB_EVENT_NAME"),
        (github("push"), "GITHUB_REF"),
        (gitlab("", "main"), "CI_PIPELINE_SOURCE"),
        (travis("", "main"), "TRAVIS_EVENT_TYPE"),
        (travis("push", "main", pull=""), "TRAVIS_PULL_REQUEST"),
        (azure("", "refs/heads/main"), "BUILD_REASON"),
        (azure("Manual", ""), "BUILD_SOURCEBRANCH"),
        (github("push", "refs/heads/"), "GITHUB_REF"),
        (travis("push", "a b"), "TRAVIS_BRANCH"),
        (jenkins("-x"), "BRANCH_NAME"),
    ],
)
def test_a_system_that_contradicts_its_documentation_is_an_error(environ: dict[str, str], name: str) -> None:
    with pytest.raises(HermesError, match=name):
        ci.detect(environ, GIT)


def test_outside_of_ci_gits_answer_stands_as_it_is() -> None:
    assert ci.detect({}, GIT) is GIT


def test_an_unknown_ci_is_marked_and_may_not_release() -> None:
    generous = Ref(kind=BRANCH, source="git", branch="main", release_event=True)
    ref = ci.detect({"CI": "1"}, generous)
    assert (ref.ci, ref.branch, ref.release_event) == ("unknown", "main", False)


def test_a_system_on_a_jenkins_machine_is_not_jenkins(event_file: Path) -> None:
    environ = github("pull_request", "refs/pull/7/merge") | jenkins("main")
    assert ci.detect(environ, GIT).kind is PULL


TARGETS = [
    (github("pull_request", "refs/pull/7/merge", GITHUB_BASE_REF="main"), "main"),
    (github("pull_request_target", "refs/heads/main", GITHUB_BASE_REF="feature/a"), "feature/a"),
    (github("merge_group", "refs/heads/gh-readonly-queue/main/pr-7", GITHUB_BASE_REF=""), None),
    (github("push", "refs/heads/x", GITHUB_BASE_REF="main"), None),
    (gitlab("merge_request_event", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main"), "main"),
    (travis("pull_request", "main", "12", TRAVIS_PULL_REQUEST_BRANCH="fix"), "main"),
    (travis("push", "main"), None),
    (circle("pull/12"), None),
    (azure("PullRequest", "refs/pull/1/merge", SYSTEM_PULLREQUEST_TARGETBRANCH="refs/heads/main"), "main"),
    (bitbucket("fix", BITBUCKET_PR_ID="3", BITBUCKET_PR_DESTINATION_BRANCH="main"), "main"),
    (jenkins("PR-3", CHANGE_ID="3", CHANGE_TARGET="main"), "main"),
]


@pytest.mark.parametrize(("environ", "target"), TARGETS)
def test_which_branch_a_pull_request_is_for(environ: dict[str, str], target: str | None) -> None:
    assert ci.detect(environ, Ref(kind=DETACHED, source="git")).target == target
