"""The kinds of failure, each with its exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes of commands, for scripts and CI; a run may end with any other."""

    DONE = 0  # or nothing to do
    FAILED = 1  # in a way that has no code of its own
    USAGE = 2
    REFUSED = 3
    CONFLICT = 4
    ACCESS = 5
    PROJECT_FAILED = 6
    FINDINGS = 7
    INTERRUPTED = 130  # as shells have it: 128 and the number of SIGINT


class HermesError(Exception):
    """A failure that the user sees as one sentence and, where there is one, a next step.

    `message` says what is wrong and where, `hint` what to type or to do next. `note` is for where there is
    no such step: a list of what there is. `detail` holds lines of another program's output that explain
    it (a build backend's last lines, for instance).
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self, message: str, *, hint: str | None = None, note: str | None = None, detail: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.note = None if hint else note
        self.detail = detail

    @property
    def advice(self) -> str | None:
        """The next step, or the note where there is none."""
        return self.hint or self.note


class InvalidInput(HermesError):
    """The command line or a configuration file is wrong (exit code 2).

    `others` are further errors in the same file: each would be raised if those before it were fixed.
    """

    exit_code = ExitCode.USAGE
    others: tuple[InvalidInput, ...] = ()


class InvalidAnswer(InvalidInput):
    """An answer to a question of a template cannot be used (exit code 2)."""

    question = ""
    value = ""

    @classmethod
    def of(cls, question: str, value: str, error: HermesError) -> InvalidAnswer:
        """Return an error as one of the answer to a question."""
        found = cls(error.message, hint=error.hint, note=error.note, detail=error.detail)
        found.question, found.value = question, value
        return found


class Refused(HermesError):
    """A policy for branches, environments or templates forbids the command (exit code 3)."""

    exit_code = ExitCode.REFUSED


class Conflict(HermesError):
    """Another release, owner or name exists already (exit code 4)."""

    exit_code = ExitCode.CONFLICT


class AccessDenied(HermesError):
    """Credentials or permissions are missing, or a bucket or repo does not exist (exit code 5)."""

    exit_code = ExitCode.ACCESS


class ProjectFailed(HermesError):
    """A project's build, tests or run failed, or its content must not be deployed (exit code 6)."""

    exit_code = ExitCode.PROJECT_FAILED


class Findings(HermesError):
    """A check found something, or a repo is behind (exit code 7)."""

    exit_code = ExitCode.FINDINGS


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM, SIGHUP); unlike Ctrl-C, its children were not."""


class Interrupted(HermesError):
    """The user pressed Ctrl-C, or the process was asked to end (exit code 130)."""

    exit_code = ExitCode.INTERRUPTED


def reason_of(error: OSError) -> str:
    """Return the system's words for an error, without number and path; the first ones of several from `shutil`."""
    if error.strerror:
        return error.strerror
    gathered = error.args[0] if error.args else None
    if not isinstance(gathered, list) or not gathered:
        return str(error)
    said = str(gathered[0][-1])
    words = re.match(r"\[Errno \d+\] ([^:]+)", said)
    return words[1] if words else said


def exit_code_of(codes: Iterable[int]) -> int:
    """Return one exit code for many results: done if all are, the failures' own if they agree, else FAILED."""
    failures = {code for code in codes if code != ExitCode.DONE}
    if not failures:
        return ExitCode.DONE
    return failures.pop() if len(failures) == 1 else ExitCode.FAILED
