"""Templates that lie in git: fetched whole at one state, without a history."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from hermes_cli.domain.contract.errors import HermesError

_PROTOCOLS = ("file", "git", "http", "https", "ssh")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit(ref: str) -> bool:
    """Whether a ref is the whole id of a commit, which never means another one."""
    return bool(_COMMIT.fullmatch(ref))


def fetch(url: str, ref: str, folder: Path) -> str:
    """Bring what a branch, tag or commit holds into an empty folder; the commit.

    Raises `HermesError` where git fails.
    """
    run(folder, "init", "--quiet", "--template=")
    try:
        run(folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--", url, ref)
        found = "FETCH_HEAD"
    except HermesError:
        if not is_commit(ref):
            raise
        # Not every server gives a commit by its id.
        run(folder, "fetch", "--quiet", "--no-tags", "--", url, "+refs/*:refs/template/*")
        found = ref
    run(folder, "checkout", "--quiet", "--detach", found)
    return run(folder, "rev-parse", "HEAD")


def newest_release(url: str, tag: str) -> str:
    """The tag with the highest version, where `tag` is one of the versions of a template; else `tag`.

    A pre-release counts only for a template that is at one. Raises `HermesError` where git fails.
    """
    current = _version(tag)
    if current is None:
        return tag
    rows = run(Path.cwd(), "ls-remote", "--tags", "--refs", "--", url).splitlines()
    tags = [row.partition("\t")[2].removeprefix("refs/tags/") for row in rows]
    if tag not in tags:  # a branch may be called 1.x
        return tag
    versions = {one: version for one in tags if (version := _version(one)) is not None}
    final = [
        one for one in versions if current.is_prerelease or not versions[one].is_prerelease or one == tag
    ]
    return max(final, key=lambda one: versions[one])


def state_of(folder: Path) -> str:
    """The commit of the repository that holds a folder, with `-dirty` for edits; empty outside of any."""
    try:
        commit = run(folder, "rev-parse", "--verify", "HEAD")
        dirty = run(folder, "status", "--porcelain", "--", ".")
    except HermesError:
        return ""
    return f"{commit}-dirty" if dirty else commit


def copy_state(folder: Path, commit: str, into: Path) -> Path:
    """Write what `folder` held at a commit of its own repository below `into`; where it lies there.

    Raises `HermesError` where git fails.
    """
    top = Path(run(folder, "rev-parse", "--show-toplevel"))
    inside = run(folder, "rev-parse", "--show-prefix")
    index = {"GIT_INDEX_FILE": str(into / "index")}
    run(top, "read-tree", commit, env=index)
    run(top, "checkout-index", "--all", f"--prefix={into}/state/", env=index)
    return into / "state" / inside


def run(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What git prints. Raises `HermesError`."""
    # Inside a git hook these would point at another repository.
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    environment = {k: v for k, v in os.environ.items() if k not in elsewhere}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": ":".join(_PROTOCOLS), **(env or {})}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise HermesError("git is not there to fetch the template with", hint="install git") from None
    if done.returncode:
        raise HermesError(
            f"git could not fetch the template ({arguments[0]})",
            hint="check the URL, what stands after its @, and that you may read it",
            detail=done.stderr.strip() or None,
        )
    return done.stdout.strip()


def _version(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None
