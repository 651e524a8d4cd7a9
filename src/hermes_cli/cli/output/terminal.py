"""Decide how a terminal is written to: its width, colours, characters of boxes, and whether it can redraw."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # without `typing`, which a help page would wait for
if TYPE_CHECKING:
    from typing import TextIO

_STYLES = {"dim": "2", "bold": "1", "bold cyan": "1;36", "yellow": "33", "bold red": "1;31"}


def columns(stream: TextIO) -> int:
    """Return how wide a stream's terminal is, COLUMNS first; 80 where there is none."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def is_dumb() -> bool:
    """Return whether the terminal can do no more than show lines."""
    return os.environ.get("TERM") in ("dumb", "unknown")


def has_colours() -> bool:
    """Return whether a terminal may be written to in colours."""
    return not os.environ.get("NO_COLOR") and not is_dumb()


def can_redraw(stream: TextIO) -> bool:
    """Return whether somebody looks at a terminal that can redraw: a CI system may keep a log of one."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return stream.isatty() and not is_dumb() and not in_ci


def has_boxes(stream: TextIO) -> bool:
    """Return whether a stream's encoding has the characters that draw boxes."""
    return "utf" in (stream.encoding or "").lower()


def styled(text: str, style: str, stream: TextIO) -> str:
    """Return the text in a style, such as `bold red`; as it is where the stream has no colours."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and stream.isatty() and has_colours() else text
