"""Detect the CI system that runs this, and read the branch from its variables; only documented ones count."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from hermes_cli.domain.branch_ref import UNKNOWN_CI, Ref, RefKind
from hermes_cli.domain.contract.branch_slugs import validate_branch
from hermes_cli.domain.contract.errors import HermesError, InvalidInput

Environ = Mapping[str, str]

_HEADS = "refs/heads/"


def detect(environ: Environ, fallback: Ref) -> Ref:
    """Return the branch, tag or pull request that the CI system runs for; outside of CI `fallback`, from git.

    The first system of `DETECTORS` that recognises its variables decides. For any other system that
    sets `CI` the answer of git is used, and no event of it may release.
    Raises `HermesError` where a system is recognised but its variables contradict its documentation.
    """
    for detector in DETECTORS:
        ref = detector(environ)
        if ref is not None:
            # With no commit to compare HEAD to, nobody can say that this is what the event is about.
            return ref if ref.commit else replace(ref, release_event=False)
    if environ.get("CI", "").lower() not in ("", "0", "false"):
        return replace(fallback, ci=UNKNOWN_CI, release_event=False)
    return fallback


def _github(environ: Environ) -> Ref | None:
    """GitHub Actions.

    Of its events only these three are about the branch that GITHUB_REF names. Others carry the
    default branch's ref and run for something else (pull_request_target, workflow_run,
    issue_comment), or a temporary branch's (merge_group), so for them there is no branch.
    GITHUB_HEAD_REF and GITHUB_REF_NAME are not whole refs and are not read.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    event = _required(environ, "GitHub Actions", "GITHUB_EVENT_NAME")
    server, repository, run = (
        environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    facts = Ref(
        kind=RefKind.DETACHED,
        source="GITHUB_REF",
        ci="GitHub Actions",
        event=event,
        commit=environ.get("GITHUB_SHA") or None,
        actor=environ.get("GITHUB_ACTOR") or None,
        run_url=f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None,
    )
    if event.startswith("pull_request") or event == "merge_group":
        return _pull_request(facts, "GITHUB_EVENT_NAME", environ.get("GITHUB_BASE_REF"))
    if event not in ("push", "schedule", "workflow_dispatch"):
        return replace(facts, source="GITHUB_EVENT_NAME")
    ref = _whole_ref(facts, _required(environ, "GitHub Actions", "GITHUB_REF"))
    default = _github_default_branch(environ)
    if event == "schedule" and default is None:
        # Its payload does not name the repository, but it never runs for another branch.
        default = ref.branch
    # Without it a feature branch that edits hermes.toml could call itself the default branch.
    return replace(ref, default_branch=default, release_event=ref.branch is not None and default is not None)


def _github_default_branch(environ: Environ) -> str | None:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return None
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        # A container may see the variable and not the file.
        return None
    except (OSError, ValueError) as error:
        raise HermesError(f"GITHUB_EVENT_PATH cannot be read: {error}") from error
    repository = payload.get("repository") if isinstance(payload, dict) else None
    default = repository.get("default_branch") if isinstance(repository, dict) else None
    return default if isinstance(default, str) and default else None


def _gitlab(environ: Environ) -> Ref | None:
    """GitLab CI. CI_COMMIT_BRANCH is unset for merge requests and tags; CI_COMMIT_REF_NAME is set for all.

    `web` is "Run pipeline" in the browser. A `parent_pipeline`, `trigger`, `pipeline` or `api` was
    started by another program, for a reason that no variable names: no release.
    """
    if environ.get("GITLAB_CI") != "true":
        return None
    event = _required(environ, "GitLab CI", "CI_PIPELINE_SOURCE")
    default = environ.get("CI_DEFAULT_BRANCH") or None
    facts = Ref(
        kind=RefKind.DETACHED,
        source="CI_COMMIT_BRANCH",
        ci="GitLab CI",
        event=event,
        commit=environ.get("CI_COMMIT_SHA") or None,
        default_branch=default,
        actor=environ.get("GITLAB_USER_LOGIN") or None,
        run_url=environ.get("CI_JOB_URL") or None,
    )
    requests = ("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID")
    if event in ("merge_request_event", "external_pull_request_event") or _any(environ, *requests):
        return _pull_request(facts, "CI_PIPELINE_SOURCE", environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"))
    releases = event in ("push", "schedule", "web") and default is not None
    return _branch_or_tag(facts, environ.get("CI_COMMIT_BRANCH"), environ.get("CI_COMMIT_TAG"), releases)


def _travis(environ: Environ) -> Ref | None:
    """Travis CI. TRAVIS_BRANCH is a pull request's target and a tag's name, so it is read last.

    `api` is also what a build started by hand says. No variable names the default branch.
    """
    if environ.get("TRAVIS") != "true":
        return None
    event = _required(environ, "Travis CI", "TRAVIS_EVENT_TYPE")
    facts = Ref(
        kind=RefKind.DETACHED,
        source="TRAVIS_BRANCH",
        ci="Travis CI",
        event=event,
        commit=environ.get("TRAVIS_COMMIT") or None,
        run_url=environ.get("TRAVIS_JOB_WEB_URL") or environ.get("TRAVIS_BUILD_WEB_URL") or None,
    )
    if _required(environ, "Travis CI", "TRAVIS_PULL_REQUEST") != "false" or event == "pull_request":
        return _pull_request(facts, "TRAVIS_PULL_REQUEST", environ.get("TRAVIS_BRANCH"))
    releases = event in ("push", "cron", "api")
    return _branch_or_tag(facts, environ.get("TRAVIS_BRANCH"), environ.get("TRAVIS_TAG"), releases)


def _circle(environ: Environ) -> Ref | None:
    """CircleCI. Nothing says which event it was: a branch's build may release, unless a pull request is near.

    CIRCLE_PULL_REQUEST is also set for a plain build of a branch that has an open pull request. That
    build may deploy its feature. It may not release, because for some kinds of project this is all
    that tells a fork's `main` from ours. CIRCLE_PR_* are set for forks only, and a fork's branch reads
    `pull/123`.
    """
    if environ.get("CIRCLECI") != "true":
        return None
    branch = environ.get("CIRCLE_BRANCH")
    facts = Ref(
        kind=RefKind.DETACHED,
        source="CIRCLE_BRANCH",
        ci="CircleCI",
        commit=environ.get("CIRCLE_SHA1") or None,
        actor=environ.get("CIRCLE_USERNAME") or None,
        run_url=environ.get("CIRCLE_BUILD_URL") or None,
    )
    if _any(environ, "CIRCLE_PR_NUMBER", "CIRCLE_PR_USERNAME", "CIRCLE_PR_REPONAME"):
        return _pull_request(facts, "CIRCLE_PR_NUMBER")
    if branch and re.fullmatch(r"pull/\d+(/(head|merge))?", branch):
        return _pull_request(facts, facts.source)
    releases = not _any(environ, "CIRCLE_PULL_REQUEST", "CIRCLE_PULL_REQUESTS")
    return _branch_or_tag(facts, branch, environ.get("CIRCLE_TAG"), releases)


def _azure(environ: Environ) -> Ref | None:
    """Azure Pipelines. BUILD_SOURCEBRANCH is a whole ref; BUILD_SOURCEBRANCHNAME only its last part."""
    if environ.get("TF_BUILD", "").lower() != "true":
        return None
    reason = _required(environ, "Azure Pipelines", "BUILD_REASON")
    server, project, build = (
        environ.get(name) for name in ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")
    )
    known = server and project and build
    facts = Ref(
        kind=RefKind.DETACHED,
        source="BUILD_SOURCEBRANCH",
        ci="Azure Pipelines",
        event=reason,
        commit=environ.get("BUILD_SOURCEVERSION") or None,
        actor=environ.get("BUILD_REQUESTEDFOR") or None,
        run_url=f"{server}{project}/_build/results?buildId={build}".replace(" ", "%20") if known else None,
    )
    if reason == "PullRequest" or _any(environ, "SYSTEM_PULLREQUEST_PULLREQUESTID"):
        return _pull_request(facts, "BUILD_REASON", environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH"))
    ref = _whole_ref(facts, _required(environ, "Azure Pipelines", "BUILD_SOURCEBRANCH"))
    releases = reason in ("Manual", "IndividualCI", "BatchedCI", "Schedule")
    return replace(ref, release_event=releases and ref.branch is not None)


def _bitbucket(environ: Environ) -> Ref | None:
    """Bitbucket Pipelines. BITBUCKET_BRANCH is a pull request's source, so its id is looked for first.

    Nothing says which event it was: a branch's pipeline starts by push, schedule or hand only.
    """
    if not (environ.get("BITBUCKET_BUILD_NUMBER") and environ.get("BITBUCKET_COMMIT")):
        return None
    repository, number = environ.get("BITBUCKET_REPO_FULL_NAME"), environ["BITBUCKET_BUILD_NUMBER"]
    facts = Ref(
        kind=RefKind.DETACHED,
        source="BITBUCKET_BRANCH",
        ci="Bitbucket Pipelines",
        commit=environ["BITBUCKET_COMMIT"],
        actor=environ.get("BITBUCKET_STEP_TRIGGERER_UUID") or None,
        run_url=f"https://bitbucket.org/{repository}/pipelines/results/{number}" if repository else None,
    )
    if _any(environ, "BITBUCKET_PR_ID", "BITBUCKET_PR_DESTINATION_BRANCH"):
        return _pull_request(facts, "BITBUCKET_PR_ID", environ.get("BITBUCKET_PR_DESTINATION_BRANCH"))
    return _branch_or_tag(facts, environ.get("BITBUCKET_BRANCH"), environ.get("BITBUCKET_TAG"), True)


def _jenkins(environ: Environ) -> Ref | None:
    """Jenkins. Only a multibranch project says which branch it builds; others have no branch here.

    GIT_BRANCH names a remote's ref and BRANCH_NAME alone may be a change request (CHANGE_ID).
    Nothing says which event it was: a branch's job starts by push, schedule or hand only.
    """
    if not _any(environ, "JENKINS_URL", "JENKINS_HOME"):
        return None
    branch = environ.get("BRANCH_NAME")
    facts = Ref(
        kind=RefKind.DETACHED,
        source="BRANCH_NAME",
        ci="Jenkins",
        commit=environ.get("GIT_COMMIT") or None,
        default_branch=(branch or None) if environ.get("BRANCH_IS_PRIMARY") == "true" else None,
        run_url=environ.get("BUILD_URL") or None,
    )
    if _any(environ, "CHANGE_ID", "CHANGE_TARGET", "CHANGE_BRANCH"):
        request = _pull_request(facts, "CHANGE_ID", environ.get("CHANGE_TARGET"))
        return replace(request, default_branch=None)
    return _branch_or_tag(facts, branch, environ.get("TAG_NAME"), True)


# Jenkins last: its marks are also there where another system's agent runs on its machine.
DETECTORS: tuple[Callable[[Environ], Ref | None], ...] = (
    _github,
    _gitlab,
    _travis,
    _circle,
    _azure,
    _bitbucket,
    _jenkins,
)


def _any(environ: Environ, *names: str) -> bool:
    return any(environ.get(name) for name in names)


def _required(environ: Environ, system: str, name: str) -> str:
    value = environ.get(name)
    if not value:
        raise HermesError(
            f"{system} runs this, but its variable {name} is not set",
            hint=f"pass {name} on to the place where hermes runs",
        )
    return value


def _pull_request(facts: Ref, source: str, target: str | None = None) -> Ref:
    # Azure Pipelines says a whole ref, the others a branch.
    branch = (target or "").removeprefix(_HEADS) or None
    return replace(facts, kind=RefKind.PULL_REQUEST, source=source, target=branch)


def _whole_ref(facts: Ref, ref: str) -> Ref:
    if ref.startswith("refs/pull/"):
        return _pull_request(facts, facts.source)
    if ref.startswith("refs/tags/"):
        return replace(facts, kind=RefKind.TAG)
    return _on_branch(facts, ref.removeprefix(_HEADS)) if ref.startswith(_HEADS) else facts


def _branch_or_tag(facts: Ref, branch: str | None, tag: str | None, releases: bool) -> Ref:
    if tag:
        return replace(facts, kind=RefKind.TAG)
    return replace(_on_branch(facts, branch), release_event=releases) if branch else facts


def _on_branch(facts: Ref, branch: str) -> Ref:
    try:
        return replace(facts, kind=RefKind.BRANCH, branch=validate_branch(branch))
    except InvalidInput as error:
        raise HermesError(f"{facts.source} of {facts.ci} names no branch: {error.message}") from error
