"""Find the base of a branch: the commit where it left its base, and the base's newest commit."""

from __future__ import annotations

from dataclasses import dataclass

from hermes_cli.adapters.git import Snapshot
from hermes_cli.domain.branch_ref import RefKind
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.usecases.repo.next_step import make_default_branch
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base by its name and as git calls it, its newest commit, and the commit where HEAD left it."""

    name: str
    called: str
    head: Snapshot
    fork: Snapshot


@dataclass(frozen=True, kw_only=True)
class NoBase:
    """The reason why there is nothing to compare with, and a remedy."""

    name: str
    reason: str
    hint: str


def find_base(workspace: Workspace, asked: str | None) -> Base | NoBase:
    """Find the base: the one asked for, the target of a pull request, or the default branch.

    A branch is meant as it was last fetched from origin, else as it is here. Raises `InvalidInput`
    where git knows nothing by the name that was asked for.
    """
    git, ref = workspace.require_git(), workspace.ref
    target = ref.target if ref.kind is RefKind.PULL_REQUEST else None
    name = asked or target or workspace.settings.default_branch
    shallow = git.is_shallow()
    deepen = "git fetch --unshallow origin; with actions/checkout: fetch-depth: 0" if shallow else None
    found = git.branch_or_commit(name)
    get = deepen or f"git fetch origin {name}"
    if found is None and name == workspace.settings.default_branch:
        get = make_default_branch(workspace) or get
    if found is None and asked:
        raise InvalidInput(f"git knows no branch or commit {asked!r} here", hint=get)
    if git.head() is None:
        return NoBase(
            name=name, reason="nothing is committed yet", hint='git add -A && git commit -m "Start"'
        )
    if found is None:
        return NoBase(name=name, reason=f"git has no branch {name} here", hint=get)
    called, head = found
    fork = git.merge_base(head.commit)
    parted = git.snapshot(fork) if fork else None
    if parted is None:
        reason = f"git knows no commit that HEAD and {name} share" + (", as this clone is shallow" * shallow)
        return NoBase(name=name, reason=reason, hint=deepen or f"git merge {name}")
    return Base(name=name, called=called, head=head, fork=parted)
