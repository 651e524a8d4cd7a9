"""What an examination finds: one check, its verdict, what was seen, and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hermes_cli.domain.contract.errors import HermesError


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # it works, and less is guarded than could be
    PROBLEM = "problem"  # a command fails, or a promise does not hold
    SKIPPED = "skipped"  # it could not be made, or has no meaning here


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at; `fix` is a command or a sentence, `seen` never holds a secret."""

    name: str
    verdict: CheckStatus
    seen: str
    fix: str | None = None


def ok(name: str, seen: str) -> Check:
    """It is as it should be."""
    return Check(name=name, verdict=CheckStatus.OK, seen=seen)


def warning(name: str, seen: str, fix: str | None) -> Check:
    """It could be better."""
    return Check(name=name, verdict=CheckStatus.WARNING, seen=seen, fix=fix)


def problem(name: str, seen: str, fix: str | None) -> Check:
    """It does not work."""
    return Check(name=name, verdict=CheckStatus.PROBLEM, seen=seen, fix=fix)


def skipped(name: str, why: str, fix: str | None = None) -> Check:
    """It was not looked at."""
    return Check(name=name, verdict=CheckStatus.SKIPPED, seen=why, fix=fix)


def failed(name: str, error: HermesError) -> Check:
    """It does not work, for the reason that an error tells."""
    return problem(name, error.message, error.advice)
