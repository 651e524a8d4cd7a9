"""Which branch may deploy what to where: the table of the design, row by row, and what no row may do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_cli.domain.branch_ref import UNKNOWN_CI, Ref, RefKind
from hermes_cli.domain.config_keys import FEATURES, RELEASES
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.release_policy import Action, Checkout, Decision, decide

BOTH = (FEATURES, RELEASES)
ENVIRONMENTS = {
    "local": Environment(name="local", path=".hermes/local", accepts=BOTH, release_from="anywhere"),
    "dev": Environment(name="dev", bucket="a-dev", accepts=BOTH),
    "prod": Environment(name="prod", bucket="a-prod"),
    "open": Environment(name="open", bucket="an-open", accepts=BOTH, release_from="anywhere"),
    "share": Environment(name="share", path="/a/share", accepts=BOTH),
    "sandbox": Environment(name="sandbox", bucket="a-sandbox", accepts=(FEATURES,)),
}
HEAD, OTHER = "a" * 40, "b" * 40
FEATURE, RELEASE, REFUSED = Action.FEATURE, Action.RELEASE, Action.REFUSED
BRANCH, PULL, TAG, LOOSE, NO_GIT = (
    RefKind.BRANCH,
    RefKind.PULL_REQUEST,
    RefKind.TAG,
    RefKind.DETACHED,
    RefKind.NONE,
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One situation. The event's commit is HEAD and its default branch main, where nothing else is said."""

    kind: RefKind = BRANCH
    branch: str | None = "main"
    env: str = "prod"
    event: str | None = "push"  # None: a laptop
    ci: str = "GitHub Actions"
    releases: bool = True  # whether such an event may release
    commit: str | None = HEAD
    event_default: str | None = "main"
    head: str | None = HEAD
    dirty: bool = False
    conflicts: tuple[str, ...] = ()
    hidden: bool = False
    remote: str | None = None
    option: str | None = None
    default: str = "main"

    def judged(self) -> Decision:
        laptop = self.event is None
        ref = Ref(
            kind=self.kind,
            source="git" if laptop else "GITHUB_REF",
            branch=self.branch if self.kind is BRANCH else None,
            ci=None if laptop else self.ci,
            event=self.event,
            release_event=self.releases and not laptop,
            commit=None if laptop else self.commit,
            default_branch=None if laptop else self.event_default,
        )
        return decide(
            ref,
            ENVIRONMENTS[self.env],
            default_branch=self.default,
            checkout=Checkout(
                head=self.head,
                dirty=self.dirty,
                conflicts=self.conflicts,
                settings_hidden=self.hidden,
                remote_default_branch=self.remote,
            ),
            feature_branch=self.option,
        )


def row(action: Action, word: str, **facts: object) -> tuple[Row, Action, str]:
    return Row(**facts), action, word  # type: ignore[arg-type]


TABLE = [
    # not the default branch
    row(FEATURE, "feature/x (from GITHUB_REF)", branch="feature/x", env="dev"),
    row(FEATURE, "feature/x (from git)", branch="feature/x", env="dev", event=None),
    row(FEATURE, "feature/x", branch="feature/x", env="local", event=None, dirty=True),
    row(FEATURE, "feature/x", branch="feature/x", env="dev", event=None, dirty=True, head=None),
    row(FEATURE, "feature/x", branch="feature/x", env="dev", commit=OTHER, event_default="other"),
    row(FEATURE, "feature/main", branch="feature/main", env="dev"),
    row(FEATURE, "Main", branch="Main", env="dev"),
    row(FEATURE, "master", branch="master", env="dev"),
    row(FEATURE, "x", branch="x", env="sandbox", event=None),
    row(REFUSED, "releases only", branch="feature/x"),
    row(REFUSED, "feature branch", branch="feature/main"),
    row(REFUSED, "feature branch", branch="refs/heads/main"),
    row(REFUSED, "(from git)", branch="feature/x", event=None),
    row(REFUSED, "feature branch", branch="master", event_default="master", remote="master"),
    # the default branch, in CI
    row(RELEASE, "main (from GITHUB_REF)"),
    row(RELEASE, "main", env="dev"),
    row(RELEASE, "main", event="schedule"),
    row(RELEASE, "main", remote="main"),
    row(RELEASE, "trunk", branch="trunk", default="trunk", event_default="trunk", remote="trunk"),
    row(RELEASE, "main", env="local"),
    row(REFUSED, "event: pull_request_target", event="pull_request_target", releases=False),
    row(REFUSED, "event: workflow_run", event="workflow_run", releases=False, env="dev"),
    row(REFUSED, "commit bbbbbbbbbbbb", commit=OTHER),
    row(REFUSED, "none is checked out", head=None),
    row(REFUSED, "event says trunk", event_default="trunk"),
    row(REFUSED, "event says main", branch="feature-x", default="feature-x"),
    row(REFUSED, "the remote says trunk", remote="trunk"),
    row(REFUSED, "not committed", dirty=True),
    row(REFUSED, "hermes.toml has an edit", hidden=True),
    row(REFUSED, "conflict is not resolved in a.py", dirty=True, conflicts=("a.py",)),
    # which needs a second witness where it is not called as usual
    row(RELEASE, "main", event_default=None),
    row(RELEASE, "master", branch="master", default="master", event_default=None),
    row(RELEASE, "develop", branch="develop", default="develop", event_default=None, remote="develop"),
    row(RELEASE, "develop", branch="develop", default="develop", event_default="develop"),
    row(
        REFUSED, "nothing but hermes.toml", branch="feature/evil", default="feature/evil", event_default=None
    ),
    row(REFUSED, "nothing but", branch="develop", default="develop", event_default=None, env="dev"),
    row(REFUSED, "nothing but", branch="develop", default="develop", event=None, env="open"),
    row(RELEASE, "develop", branch="develop", default="develop", event=None, env="local"),
    # a folder that takes releases from CI, as strictly as a bucket
    row(RELEASE, "main", env="share"),
    row(REFUSED, "laptop", env="share", event=None),
    row(REFUSED, "event: unknown", env="share", event="", releases=False, event_default=None),
    row(REFUSED, "commit bbbbbbbbbbbb", env="share", commit=OTHER),
    row(REFUSED, "event says trunk", env="share", event_default="trunk"),
    row(REFUSED, "the remote says trunk", env="share", remote="trunk"),
    row(REFUSED, "no releases", env="sandbox"),
    # the default branch, on a laptop
    row(RELEASE, "main (from git)", env="local", event=None),
    row(RELEASE, "main (from git)", env="open", event=None),
    row(REFUSED, "laptop", event=None),
    row(REFUSED, "laptop", event=None, env="dev"),
    row(REFUSED, "laptop", event=None, env="dev", dirty=True),
    row(REFUSED, "not committed", event=None, env="local", dirty=True),
    row(REFUSED, "hermes.toml has an edit", event=None, env="local", hidden=True),
    row(FEATURE, "feature/x", branch="feature/x", env="dev", event=None, hidden=True),
    row(REFUSED, "no commit", event=None, env="local", head=None),
    row(REFUSED, "the remote says trunk", event=None, env="open", remote="trunk"),
    # unknown
    row(REFUSED, "pull request", kind=PULL, event="pull_request", env="dev"),
    row(REFUSED, "pull request", kind=PULL, event="pull_request"),
    row(REFUSED, "tag", kind=TAG),
    row(REFUSED, "tag", kind=TAG, env="local"),
    row(REFUSED, "detached head", kind=LOOSE, event=None, env="dev"),
    row(REFUSED, "detached head (read from git)", kind=LOOSE, event=None, env="local"),
    row(REFUSED, "no git", kind=NO_GIT, event=None, env="local", head=None, dirty=True),
    row(REFUSED, "a branch", kind=BRANCH, branch=None, env="dev"),
    # --branch selects a feature, whatever is checked out
    row(FEATURE, "feature/y (from --branch)", kind=PULL, event="pull_request", env="dev", option="feature/y"),
    row(FEATURE, "--branch", kind=TAG, env="dev", option="feature/y"),
    row(FEATURE, "--branch", kind=LOOSE, event=None, env="local", option="feature/y"),
    row(FEATURE, "--branch", kind=NO_GIT, event=None, env="dev", head=None, option="feature/y"),
    row(FEATURE, "feature/y", branch="main", env="dev", option="feature/y"),
    row(FEATURE, "feature/y", branch="feature/x", env="dev", option="feature/y"),
    row(REFUSED, "releases only", option="feature/y"),
    row(REFUSED, "releases only", kind=LOOSE, option="feature/y"),
    row(REFUSED, "default branch", env="dev", option="main"),
    row(REFUSED, "HERMES_BRANCH", env="local", event=None, option="main"),
    row(REFUSED, "default branch", kind=LOOSE, option="main"),
]


@pytest.mark.parametrize(("situation", "action", "word"), TABLE, ids=str)
def test_the_branch_table(situation: Row, action: Action, word: str) -> None:
    verdict = situation.judged()
    assert (verdict.action, word in verdict.reason) == (action, True), verdict
    if action is REFUSED:
        assert verdict.hint
        assert ("git init" in verdict.hint) is (situation.kind is NO_GIT)
        assert verdict.feature is None
    if action is FEATURE:
        assert verdict.feature is not None
        assert verdict.feature.branch == (situation.option or situation.branch)
    if action is RELEASE:
        assert verdict.feature is None


@dataclass(frozen=True, kw_only=True)
class Told:
    """The facts that a refusal names, and those that only another refusal may name."""

    reason: tuple[str, ...]
    hint: tuple[str, ...]
    never: tuple[str, ...] = ()


KEEP_WORKING, BY_DEV, ASK_ORIGIN = (
    "git switch -c feature/my-change",
    "hermes deploy --env dev",
    "git remote set-head origin --auto",
)
REFUSALS = [
    (
        Row(env="dev", option="trunk", default="trunk"),
        Told(reason=("--branch", "HERMES_BRANCH", "trunk"), hint=("check out the default branch",)),
    ),
    (
        Row(kind=NO_GIT, event=None, env="local", default="my trunk"),
        Told(reason=("no git repository",), hint=("git init -b 'my trunk'", "git add -A", "git commit")),
    ),
    (
        Row(kind=TAG, env="dev"),
        Told(reason=("a tag", "GITHUB_REF"), hint=(KEEP_WORKING, "--branch"), never=("detached",)),
    ),
    (
        Row(kind=LOOSE, event=None, env="dev"),
        Told(reason=("a detached head", "from git"), hint=(KEEP_WORKING, "--branch"), never=("tag",)),
    ),
    (
        Row(branch="feature/x"),
        Told(reason=("feature/x", "GITHUB_REF", "releases only"), hint=(BY_DEV, "merge")),
    ),
    (
        Row(option="feature/y"),
        Told(reason=("feature/y", "--branch", "releases only"), hint=(BY_DEV, "merge")),
    ),
    (Row(env="sandbox"), Told(reason=("no releases",), hint=(KEEP_WORKING,), never=("--env dev",))),
    (
        Row(env="dev", event=None),
        Told(reason=("dev", "CI", "laptop", "main", "from git"), hint=(KEEP_WORKING, "--env local")),
    ),
    (
        Row(event="workflow_run", releases=False),
        Told(
            reason=("GitHub Actions", "event: workflow_run", "push, schedule or manual"),
            hint=("push to the default branch",),
            never=("not know",),
        ),
    ),
    (
        Row(ci=UNKNOWN_CI, event="", releases=False),
        Told(
            reason=("Hermes does not know", "event: unknown", "push, schedule or manual"),
            hint=("push to the default branch",),
        ),
    ),
    (Row(commit=OTHER), Told(reason=(OTHER[:12], HEAD[:12]), hint=("check out the commit",), never=(OTHER,))),
    (
        Row(commit=None, head=None),
        Told(reason=("commit unknown", "none is checked out"), hint=("check out the commit",)),
    ),
    (
        Row(event_default="trunk"),
        Told(
            reason=("hermes.toml", "main", "GitHub Actions's event says trunk"),
            hint=('default-branch = "trunk"', "hermes.toml", ASK_ORIGIN),
            never=("the remote",),
        ),
    ),
    (
        Row(remote="trunk", event_default=None),
        Told(
            reason=("hermes.toml", "main", "the remote says trunk"),
            hint=('default-branch = "trunk"', "hermes.toml", ASK_ORIGIN),
            never=("event",),
        ),
    ),
    (
        Row(branch="develop", default="develop", event_default=None),
        Told(reason=("hermes.toml", "develop"), hint=(ASK_ORIGIN,), never=("default-branch =",)),
    ),
    (
        Row(dirty=True, conflicts=("a.py", "b.py", "c.py", "d.py")),
        Told(
            reason=("conflict", "a.py, b.py, c.py"),
            hint=("<<<<<<<", ">>>>>>>", "git add"),
            never=("d.py", "git commit"),
        ),
    ),
    (
        Row(dirty=True),
        Told(reason=("not committed",), hint=(KEEP_WORKING, "git add -A && git commit"), never=("conflict",)),
    ),
    (
        Row(hidden=True),
        Told(reason=("hermes.toml", "overlook"), hint=("--no-assume-unchanged", "--no-skip-worktree")),
    ),
    (
        Row(event=None, env="local", head=None),
        Told(reason=("no commit",), hint=("git add -A && git commit",), never=("switch", "git init")),
    ),
]


@pytest.mark.parametrize(("situation", "told"), REFUSALS, ids=str)
def test_a_refusal_names_its_cause_and_the_way_on(situation: Row, told: Told) -> None:
    decision = situation.judged()
    assert decision.action is REFUSED
    assert [part for part in told.reason if part not in decision.reason] == [], decision.reason
    assert [part for part in told.hint if part not in (decision.hint or "")] == [], decision.hint
    assert [part for part in told.never if part in f"{decision.reason} {decision.hint}"] == []


def test_each_refusal_has_words_of_its_own() -> None:
    reasons = [situation.judged().reason for situation, _ in REFUSALS]
    assert len(set(reasons)) == len(reasons)


ODD = st.sampled_from(["main", "master", "feature/main", "Main", "refs/heads/main", "trunk", "feature/x"])
ANY = st.builds(
    Row,
    kind=st.sampled_from(RefKind),
    branch=st.none() | ODD,
    env=st.sampled_from(sorted(ENVIRONMENTS)),
    event=st.sampled_from([None, "push", "schedule", "pull_request", "pull_request_target"]),
    releases=st.booleans(),
    commit=st.sampled_from([HEAD, OTHER]),
    event_default=st.none() | ODD,
    head=st.sampled_from([None, HEAD, OTHER]),
    dirty=st.booleans(),
    hidden=st.booleans(),
    remote=st.none() | ODD,
    option=st.none() | ODD,
    default=ODD,
)


@given(ANY)
def test_whatever_the_ref_says(situation: Row) -> None:
    verdict = situation.judged()
    environment = ENVIRONMENTS[situation.env]
    assert verdict.reason
    assert bool(verdict.hint) == (verdict.action is REFUSED)
    if environment.name == "prod":
        assert verdict.action is not FEATURE
    if verdict.action is not RELEASE:
        return
    assert situation.kind is BRANCH
    assert situation.branch == situation.default
    assert situation.option is None
    assert situation.head is not None
    assert not situation.dirty
    assert not situation.hidden
    assert RELEASES in environment.accepts
    guarded = environment.bucket or environment.release_from == "ci"
    if guarded:
        assert situation.remote in (None, situation.default)
        witnesses = {situation.remote, situation.event_default if situation.event is not None else None}
        assert situation.default in {"main", "master", *witnesses}
    if guarded and situation.event is not None:
        assert situation.releases
        assert situation.commit == situation.head
        assert situation.event_default in (None, situation.default)
    if environment.release_from == "ci":
        assert situation.event is not None


@given(ANY)
def test_a_branch_that_is_not_the_default_one_releases_nowhere(situation: Row) -> None:
    if situation.branch != situation.default or situation.kind is not BRANCH:
        assert situation.judged().action is not RELEASE
