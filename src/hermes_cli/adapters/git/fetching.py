"""Fetch one state of somebody else's repository, such as a template's: its files, without a history."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from hermes_cli.domain.contract.errors import HermesError

from .command import decode, git

# Git would start a program for any other one.
_PROTOCOLS = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit(ref: str) -> bool:
    """Return whether a ref is the whole id of a commit, which never means another one."""
    return bool(_COMMIT.fullmatch(ref))


def fetch_state(url: str, ref: str, folder: Path) -> str:
    """Check out a branch, tag or commit in an empty folder, and return its commit.

    Raises `HermesError` where git fails.
    """
    _ask(folder, "init", "--quiet", "--template=")
    try:
        _ask(folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, ref)
        found = "FETCH_HEAD"
    except HermesError:
        if not is_commit(ref):
            raise
        # Not every server gives a commit by its id.
        _ask(folder, "fetch", "--quiet", "--no-tags", "--", url, "+refs/*:refs/fetched/*")
        found = ref
    _ask(folder, "checkout", "--quiet", "--detach", found)
    return _ask(folder, "rev-parse", "HEAD").strip()


def newest_version_tag(url: str, tag: str) -> str:
    """Return the tag with the highest version, where `tag` is a version's too; else `tag` itself.

    A pre-release counts only where `tag` is one. Raises `HermesError` where git fails.
    """
    current = _version(tag)
    if current is None:
        return tag
    rows = _ask(Path.cwd(), "ls-remote", "--tags", "--refs", "--", url).splitlines()
    tags = [row.partition("\t")[2].removeprefix("refs/tags/") for row in rows]
    if tag not in tags:  # a branch may be called 1.x
        return tag
    versions = {name: version for name in tags if (version := _version(name)) is not None}
    eligible = [
        name for name in versions if current.is_prerelease or not versions[name].is_prerelease or name == tag
    ]
    return max(eligible, key=lambda name: versions[name])


def _ask(folder: Path, *arguments: str) -> str:
    try:
        return decode(git(folder, *arguments, env=_PROTOCOLS).stdout)
    except HermesError as error:
        if error.hint:  # git itself is missing
            raise
        raise HermesError(
            f"git could not fetch the template ({arguments[0]})",
            hint="check the URL and the branch, tag or commit after its @, and that you may read it",
            detail=error.detail,
        ) from error


def _version(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None
