"""A deploy as data: what it would do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Change(str, Enum):
    """What a deploy does to one suffix of one project in one environment."""

    RELEASE = "release"
    FEATURE = "feature"
    COMPLETE = "complete"  # released before, but steps were left undone
    NOTHING = "nothing"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class PlannedObject:
    """One object that a deploy writes: only where there is none (`creates`), or only over what was read."""

    key: str
    creates: bool
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to be done for one project in one environment, and why."""

    environment: str
    project: str
    suffix: str
    version: str
    change: Change
    reason: str
    hint: str | None = None
    exit_code: int = 0
    moves_latest: bool = False
    objects: tuple[PlannedObject, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was done for one project in one environment; `url` is where its manifest lies."""

    environment: str
    project: str
    suffix: str
    version: str
    change: Change
    reason: str
    hint: str | None = None
    exit_code: int = 0
    latest: str | None = None
    url: str | None = None
    written: tuple[str, ...] = ()
