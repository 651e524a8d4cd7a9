"""What a use case tells while it works; the face decides how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of the work; `subject` is the project (or place) that it is about."""

    subject: str
    message: str
    warning: bool = False


Listener = Callable[[Event], None]
