"""Findings of a conversion: what was changed or left out, and what is left to do."""

from __future__ import annotations

from dataclasses import dataclass

from hermes_cli.domain.check_rules import ADOPTION_MARK

from .notebook import SourcePlace

_LONGEST = 60  # characters of the user's code in a message


@dataclass(frozen=True, kw_only=True)
class AdoptionFinding:
    """One message about a line; `todo` says what is left to do, None: nothing is."""

    place: SourcePlace
    what: str
    todo: str | None = None

    @property
    def comment(self) -> str:
        """The comment that marks the line in the adopted code."""
        return todo_comment(f"{self.what}: {self.todo}")


def todo_comment(text: str) -> str:
    """Return a comment that `hermes check` reports until it is gone."""
    return f"# {ADOPTION_MARK}: {text}"


def shortened(text: str) -> str:
    """Cut a text that is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}…"


def quoted(text: str) -> str:
    """Put a text, cut where it is long, between quotes on one line; a backslash stays one."""
    return repr(shortened(text)).replace("\\\\", "\\")
