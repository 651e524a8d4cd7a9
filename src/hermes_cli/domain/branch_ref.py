"""The branch that Hermes runs for, with the variable or program that named it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from shlex import quote


class RefKind(StrEnum):
    """The kinds of checkout."""

    BRANCH = "branch"
    PULL_REQUEST = "pull request"
    TAG = "tag"
    DETACHED = "detached head"
    NONE = "no git"


UNKNOWN_CI = "unknown"  # a CI system whose variables Hermes does not know


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A branch, or the reason why there is none.

    `branch` is the whole name without `refs/heads/`, and only set where `kind` is BRANCH.
    `source` names where it was read, such as `GITHUB_REF` or `git`. The rest is known in CI only:
    `event` is the trigger in that system's own word, `release_event` whether such an event may
    release, `commit` the commit that the event is about, `default_branch` what the event itself says
    that the repository's default branch is, and `target` the branch that a pull request is for.
    """

    kind: RefKind
    source: str
    branch: str | None = None
    ci: str | None = None
    event: str | None = None
    release_event: bool = False
    commit: str | None = None
    default_branch: str | None = None
    target: str | None = None
    actor: str | None = None
    run_url: str | None = None


def start_command(default_branch: str) -> str:
    """Return the command that makes a git repository of a folder, on its default branch."""
    return f'git init -b {quote(default_branch)} && git add -A && git commit -m "Start"'
