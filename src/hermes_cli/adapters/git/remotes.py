"""What is sent to another repository."""

from __future__ import annotations

from pathlib import Path

from hermes_cli.domain.errors import AccessDenied, HermesError

from .command import git

# Besides the user's own helpers: whoever is logged in with gh may push over https without more ado.
_CREDENTIALS = {"credential.helper": "!gh auth git-credential"}


def push_command(branch: str) -> str:
    """What a person types for `push`."""
    return f"git push --set-upstream origin {branch}"


def push(folder: Path, branch: str) -> None:
    """Push a branch to `origin`, and follow it from then on. Raises `AccessDenied`."""
    reference = f"refs/heads/{branch}"
    try:
        git(folder, "push", "--quiet", "--set-upstream", "origin", reference, config=_CREDENTIALS)
    except HermesError as error:
        said = (error.detail or error.message).splitlines()
        raise AccessDenied(
            f"git could not push {branch} to origin: {said[0]}", detail=error.detail
        ) from error
