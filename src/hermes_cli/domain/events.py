"""Events that a use case reports while it works; the printer decides how to show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """The part of a stage that an event reports."""

    STEP = "step"  # on the way, or of no stage
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of the work; `subject` is the project (or place) that it is about."""

    subject: str
    message: str
    warning: bool = False
    stage: Stage | None = None
    mark: Mark = Mark.STEP

    @property
    def ends(self) -> bool:
        """Return whether a stage is over for its subject; the result says how it ended."""
        return self.mark in (Mark.DONE, Mark.FAILED)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Work on `total` projects, several at once; `name` is the activity, as in "building"."""

    name: str
    total: int

    def begun(self, subject: str) -> Event:
        """Return the event of its beginning for a project."""
        return Event(subject=subject, message=self.name, stage=self, mark=Mark.BEGUN)

    def ended(self, subject: str, *, failed: bool) -> Event:
        """Return the event of its end for a project."""
        mark = Mark.FAILED if failed else Mark.DONE
        return Event(subject=subject, message=f"{self.name} {mark.value}", stage=self, mark=mark)


Listener = Callable[[Event], None]
