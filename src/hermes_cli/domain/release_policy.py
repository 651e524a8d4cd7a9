"""Decide which branch may deploy what to where: the table, and nothing else. It fails closed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hermes_cli.domain.contract.suffixes import Feature, feature_of

from .branch_ref import UNKNOWN_CI, Ref, RefKind, start_command
from .config_keys import FEATURES, RELEASES
from .deploy_environment import Environment
from .merge_markers import HOW_TO_RESOLVE, UNRESOLVED

USUAL_DEFAULTS = ("main", "master")


class Action(StrEnum):
    """The action of a branch in an environment."""

    FEATURE = "feature"
    RELEASE = "release"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The action that is allowed, the reason for it, and for a refusal the next steps."""

    action: Action
    reason: str
    hint: str | None = None
    feature: Feature | None = None


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """The state of the work tree, as far as the decision needs it.

    `conflicts` are the paths of an unsettled merge. With `settings_hidden` git is told to overlook an edit
    of hermes.toml, by which all this is decided.
    """

    head: str | None
    dirty: bool
    conflicts: tuple[str, ...] = ()
    settings_hidden: bool = False
    remote_default_branch: str | None = None


def decide(
    ref: Ref,
    environment: Environment,
    *,
    default_branch: str,
    checkout: Checkout,
    feature_branch: str | None = None,
) -> Decision:
    """Decide what this ref may deploy to this environment.

    `feature_branch` is what --branch or HERMES_BRANCH said: it can only ever select a feature.
    """
    if feature_branch is not None:
        if feature_branch == default_branch:
            return _refused(
                f"--branch or HERMES_BRANCH selects a feature, and {feature_branch} is the default branch",
                "leave it out, and check out the default branch, to release from it",
            )
        return _feature(feature_branch, "--branch", environment)
    if ref.kind is RefKind.NONE:
        return _refused("there is no git repository to tell the branch", start_command(default_branch))
    if ref.kind is not RefKind.BRANCH or ref.branch is None:
        return _refused(
            f"this is a {ref.kind.value} (read from {ref.source}), not a branch",
            "git switch -c feature/my-change, or name a feature with --branch",
        )
    if ref.branch != default_branch:
        return _feature(ref.branch, ref.source, environment)
    return _release(ref, environment, default_branch, checkout)


def _feature(branch: str, source: str, environment: Environment) -> Decision:
    if FEATURES not in environment.accepts:
        return _refused(
            f"it takes releases only, and {branch} (from {source}) is a feature branch",
            "deploy it to dev (hermes deploy --env dev), then merge it into the default branch",
        )
    return Decision(action=Action.FEATURE, reason=f"{branch} (from {source})", feature=feature_of(branch))


def _release(ref: Ref, environment: Environment, default_branch: str, checkout: Checkout) -> Decision:
    name = environment.name
    said = f"{default_branch} (from {ref.source})"
    if RELEASES not in environment.accepts:
        return _refused("it takes no releases", "git switch -c feature/my-change")
    if environment.release_from == "ci" and ref.ci is None:
        return _refused(
            f"releases to {name} are made by CI, and this is a laptop on {said}",
            "deploy a feature branch (git switch -c feature/my-change), or to this machine (--env local)",
        )
    guarded = environment.release_from == "ci" or environment.bucket is not None
    if ref.ci is not None and guarded:
        if not ref.release_event:
            unknown = ref.ci == UNKNOWN_CI
            says = "a CI that Hermes does not know cannot say" if unknown else f"{ref.ci} does not say"
            return _refused(
                f"{says} that this is a push, schedule or manual run of that branch "
                f"(event: {ref.event or 'unknown'})",
                "push to the default branch, or start the workflow by hand there",
            )
        if ref.commit is None or checkout.head != ref.commit:
            return _refused(
                f"this run is about commit {(ref.commit or 'unknown')[:12]}, "
                f"but {(checkout.head or 'none')[:12]} is checked out",
                "check out the commit of the event",
            )
    if guarded:
        # A feature branch could edit hermes.toml, so somebody else has to agree with it.
        known = {
            f"{ref.ci}'s event": ref.default_branch,
            "the remote": checkout.remote_default_branch,
        }
        for where, theirs in known.items():
            if theirs is not None and theirs != default_branch:
                return _refused(
                    f"hermes.toml says that {default_branch} is the default branch, and {where} says {theirs}",
                    f'set default-branch = "{theirs}" in hermes.toml, or fix origin/HEAD: '
                    "git remote set-head origin --auto",
                )
        if not any(known.values()) and default_branch not in USUAL_DEFAULTS:
            return _refused(
                f"nothing but hermes.toml says that {default_branch} is the default branch",
                "let git ask the remote before: git remote set-head origin --auto",
            )
    if checkout.conflicts:
        return _refused(
            f"{UNRESOLVED} in {', '.join(checkout.conflicts[:3])}, and a release is what is committed",
            HOW_TO_RESOLVE,
        )
    if checkout.dirty:
        return _refused(
            "the work tree has changes that are not committed, and a release is what is committed",
            'to keep working: git switch -c feature/my-change; to release them: git add -A && git commit -m "…"',
        )
    if checkout.settings_hidden:
        return _refused(
            "hermes.toml has an edit that git is told to overlook, and a release is what is committed",
            "git update-index --no-assume-unchanged hermes.toml, or git update-index --no-skip-worktree hermes.toml",
        )
    if checkout.head is None:
        return _refused("there is no commit to release", 'git add -A && git commit -m "Start"')
    return Decision(action=Action.RELEASE, reason=said)


def _refused(reason: str, hint: str) -> Decision:
    return Decision(action=Action.REFUSED, reason=reason, hint=hint)
