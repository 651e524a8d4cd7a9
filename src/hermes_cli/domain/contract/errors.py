"""Everything that Hermes can refuse or fail at, each kind with its exit code."""

from __future__ import annotations

import re
from typing import ClassVar


class HermesError(Exception):
    """A failure that is told to the user as one sentence and, where there is one, a next step.

    `message` says what is wrong and where, `hint` what to type next, and `detail` holds lines of
    another program's output that explain it (a build backend's last lines, for instance).
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class InvalidInput(HermesError):
    """What was typed, or what a configuration file says, makes no sense (exit code 2).

    `others` are what else is wrong there: they would be the error were this one mended.
    """

    exit_code = 2
    others: tuple[InvalidInput, ...] = ()


class Refused(HermesError):
    """A policy about branches, environments or templates forbids it (exit code 3)."""

    exit_code = 3


class Conflict(HermesError):
    """Another release, owner or name is there already (exit code 4)."""

    exit_code = 4


class AccessDenied(HermesError):
    """Credentials are missing or not enough, or a place is not there to be reached (exit code 5)."""

    exit_code = 5


class ProjectFailed(HermesError):
    """A project's build, tests or run failed, or its content must not be deployed (exit code 6)."""

    exit_code = 6


class Findings(HermesError):
    """What was looked at is not as it should be (exit code 7)."""

    exit_code = 7


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM, SIGHUP); unlike Ctrl-C, its children were not."""


class Interrupted(HermesError):
    """The user pressed Ctrl-C, or the process was asked to end (exit code 130)."""

    exit_code = 130


def reason_of(error: OSError) -> str:
    """What the system says of it, without numbers and paths; the first reason where `shutil` gathers several."""
    if error.strerror:
        return error.strerror
    gathered = error.args[0] if error.args else None
    if not isinstance(gathered, list) or not gathered:
        return str(error)
    said = str(gathered[0][-1])
    words = re.match(r"\[Errno \d+\] ([^:]+)", said)
    return words[1] if words else said


def exit_code_of(codes: list[int]) -> int:
    """The exit code of many: 0 if all did well, the failures' own if they agree, else 1."""
    failures = {code for code in codes if code}
    if not failures:
        return 0
    return failures.pop() if len(failures) == 1 else 1
