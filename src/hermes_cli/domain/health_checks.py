"""The result of a health check of `hermes doctor`: its status, what was seen, and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hermes_cli.domain.contract.errors import HermesError


class CheckStatus(StrEnum):
    """The possible results of a check."""

    OK = "ok"
    WARNING = "warning"  # it works, and less is guarded than could be
    PROBLEM = "problem"  # a command fails, or a promise does not hold
    SKIPPED = "skipped"  # it could not be made, or has no meaning here


@dataclass(frozen=True, kw_only=True)
class Check:
    """A health check and its result; `fix` is a command or a sentence, `seen` never holds a secret."""

    name: str
    verdict: CheckStatus
    seen: str
    fix: str | None = None


def ok(name: str, seen: str) -> Check:
    """Return a check that passed."""
    return Check(name=name, verdict=CheckStatus.OK, seen=seen)


def warning(name: str, seen: str, fix: str | None) -> Check:
    """Return a check that passed, though something could be better."""
    return Check(name=name, verdict=CheckStatus.WARNING, seen=seen, fix=fix)


def problem(name: str, seen: str, fix: str | None) -> Check:
    """Return a check that failed."""
    return Check(name=name, verdict=CheckStatus.PROBLEM, seen=seen, fix=fix)


def skipped(name: str, why: str, fix: str | None = None) -> Check:
    """Return a check that was not made, with the reason."""
    return Check(name=name, verdict=CheckStatus.SKIPPED, seen=why, fix=fix)


def failed(name: str, error: HermesError) -> Check:
    """Return a check that failed with this error."""
    return problem(name, error.message, error.advice)
