"""A place of a script that a cluster cannot do, or may not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ScriptFault:
    """A line that breaks a check rule; `fails`: each run on a cluster ends there. `cure` is a thing to do."""

    rule: str
    line: int
    what: str
    cure: str
    fails: bool = False
