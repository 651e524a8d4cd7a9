"""Start git, in the same way on every machine, whatever its user or a hook has set."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from hermes_cli.domain.contract.errors import HermesError

PLACEHOLDER_IDENTITY = ("hermes new", "hermes@localhost")

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    # A commit is what its id names, and its parents are those that it names.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
}
# A file is unchanged where the file system says so, and on nobody else's word.
_SETTINGS = {
    "advice.graftFileDeprecated": "false",  # none is read
    "core.checkStat": "default",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,  # the user's hooks are for the user's own commands
    "core.quotepath": "off",
    "core.trustctime": "true",
    "core.untrackedCache": "false",
}
# A hook or an alias sets these for its own repository, and git would work on that one. Configuration by
# environment (GIT_CONFIG_COUNT) stays: CI sets safe.directory that way.
_DROPPED = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIFF_OPTS",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)


def git(
    folder: Path,
    *arguments: str,
    config: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    given: bytes = b"",
    ok: Collection[int] = (0,),
) -> subprocess.CompletedProcess[bytes]:
    """Run git in `folder`, with settings and variables for this one call, and wait for it.

    Raises `HermesError` where git is missing, or ends with a code that is not in `ok`.
    """
    settings = {**_SETTINGS, **(config or {})}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    kept = {key: value for key, value in os.environ.items() if key not in _DROPPED and key not in without}
    try:
        done = subprocess.run(
            ["git", "--no-pager", *options, *arguments],
            cwd=folder,
            env={**kept, **_ENVIRONMENT, **(env or {})},
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        if not folder.is_dir():
            raise HermesError(f"{folder} is not a folder") from error
        raise HermesError(
            f"git cannot be started: {error.strerror}",
            hint="install git: apt install git, brew install git, or https://git-scm.com/downloads",
        ) from error
    if done.returncode not in ok:
        raise HermesError(
            f"git {arguments[0]} failed in {folder} with exit code {done.returncode}",
            detail=decode(done.stderr).strip() or None,
        )
    return done


def git_version() -> str:
    """Return the version of git, as in 2.39.5. Raises `HermesError` where git is missing."""
    return decode(git(Path(os.sep), "version").stdout).strip().removeprefix("git version ")


def decode(raw: bytes) -> str:
    """Decode the output of git: UTF-8 as a rule; other bytes are kept as they are."""
    return raw.decode("utf-8", "surrogateescape")


def quote_path(path: Path) -> str:
    """Quote a path for one of git's lists of folders, in which a colon separates them."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
