"""Reach the remotes of a repository: clone, list branches, push."""

from __future__ import annotations

import re
from pathlib import Path

from hermes_cli.domain.contract.errors import AccessDenied, HermesError

from .command import decode, git
from .worktree import Git

# Besides the user's own helpers: whoever is logged in with gh may push over https without more ado.
_CREDENTIALS = {"credential.helper": "!gh auth git-credential"}
_HEADS = "refs/heads/"
_LOGIN = re.compile(r"//[^/\s'\"]*@")


def clone(url: str, folder: Path) -> Git:
    """Clone the last commit of a remote's default branch into a new folder. Raises `AccessDenied`."""
    try:
        git(folder.parent, "clone", "--quiet", "--depth=1", "--", url, str(folder), config=_CREDENTIALS)
    except HermesError as error:
        raise AccessDenied(
            f"git could not clone {folder.name}: {_reason(error)}",
            hint="check its address, and that you may read it: git ls-remote ADDRESS",
            detail=error.detail,
        ) from error
    return Git(folder.resolve())


def all_branches(repo: Git) -> frozenset[str]:
    """Return the names of all branches, local ones and those of each remote.

    Raises `HermesError` where a remote cannot be reached.
    """
    found = set(repo.local_branches())
    for remote in repo.remotes():
        rows = decode(git(repo.root, "ls-remote", "--heads", "--", remote).stdout)
        names = (row.partition("\t")[2] for row in rows.split("\n"))
        found |= {name.removeprefix(_HEADS) for name in names if name.startswith(_HEADS)}
    return frozenset(found)


def push_command(branch: str) -> str:
    """Return the command that a person types for `push`."""
    return f"git push --set-upstream origin {branch}"


def push(folder: Path, branch: str) -> None:
    """Push a branch to `origin`, and follow it from then on. Raises `AccessDenied`."""
    _push(folder, branch, "--set-upstream", "origin", f"refs/heads/{branch}")


def force_push(folder: Path, branch: str) -> None:
    """Push what is checked out to a branch of `origin`, and overwrite the commits of an earlier run there.

    Raises `AccessDenied`.
    """
    _push(folder, branch, "origin", f"+HEAD:refs/heads/{branch}")


def _push(folder: Path, branch: str, *arguments: str) -> None:
    try:
        git(folder, "push", "--quiet", *arguments, config=_CREDENTIALS)
    except HermesError as error:
        raise AccessDenied(
            f"git could not push {branch} to origin: {_reason(error)}", detail=error.detail
        ) from error


def _reason(error: HermesError) -> str:
    """Return the first line of git's message, without the login of a URL; its last lines are general advice."""
    lines = (error.detail or error.message).splitlines()
    first_line = next((line for line in lines if line and not line.lower().startswith("warning:")), lines[0])
    return _LOGIN.sub("//", first_line.removeprefix("fatal: ").removeprefix("remote: "))
