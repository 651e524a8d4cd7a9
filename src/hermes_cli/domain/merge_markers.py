"""Recognise merge conflict markers, which git leaves in a file where two branches changed the same lines."""

from __future__ import annotations

_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")

UNRESOLVED = "a merge conflict is not resolved"
HOW_TO_RESOLVE = (
    "keep the right one of the two versions, take out the lines with <<<<<<<, ======= and >>>>>>>, "
    "then git add it"
)


def is_conflict(text: str, line: int | None) -> bool:
    """Return whether this line of a text, counted from 1, is a merge conflict marker."""
    lines = text.splitlines()
    return line is not None and 0 < line <= len(lines) and lines[line - 1].startswith(_MARKERS)
