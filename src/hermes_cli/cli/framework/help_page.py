"""The page that `hermes --help` shows, drawn from the table of commands alone."""

from __future__ import annotations

import os
import sys
import textwrap

from .command_table import ABOUT, GROUPS, OPTIONS, PROGRAM, words

_BOLD, _DIM, _NAME = "1", "2", "1;36"


def page(group: str = "") -> str:
    """The help of the whole program, or of a group of commands, as the terminal behind stdout shows it."""
    return _Page().text(group)


class _Page:
    """Draws for one terminal: its width, whether it has colours, and whether it knows box characters."""

    def __init__(self) -> None:
        self._width = _columns()
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown")
        self._colours = sys.stdout.isatty() and not plain
        self._box = tuple("╭─╮│╰╯" if "utf" in (sys.stdout.encoding or "").lower() else "+-+|++")

    def text(self, group: str) -> str:
        name = f"{PROGRAM} {group}" if group else PROGRAM
        usage = self._styled(_BOLD, f"{name} [OPTIONS] COMMAND [ARGS]...")
        lines = ["", f" Usage: {usage}", ""]
        lines += [f" {line}" for line in _wrapped(GROUPS[group] if group else ABOUT, self._width - 2)]
        lines.append("")
        panels = {"Options": _options(group)}
        for word, (panel, summary) in words(group).items():
            panels.setdefault(panel, {})[word] = summary
        first = max(len(word) for word in words(group))
        for title, rows in panels.items():
            lines += self._panel(title, rows, max(map(len, rows)) if title == "Options" else first)
        return "\n".join(lines) + "\n"

    def _panel(self, title: str, rows: dict[str, str], first: int) -> list[str]:
        left, line, right, side, low_left, low_right = self._box
        rest = max(self._width - first - 6, 20)
        edge = self._styled(_DIM, side)
        top = f"{left}{line} {title} ".ljust(self._width - 1, line) + right
        drawn = [self._styled(_DIM, top)]
        for name, text in rows.items():
            shown = self._styled(_NAME, name.ljust(first))
            for part in (part for line in text.split("\n") for part in _wrapped(line, rest)):
                drawn.append(f"{edge} {shown}  {part.ljust(rest)} {edge}")
                shown = " " * first
        drawn.append(self._styled(_DIM, low_left + line * (self._width - 2) + low_right))
        return drawn

    def _styled(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colours else text


def _options(group: str) -> dict[str, str]:
    rows = {}
    for names, metavar, text, variable in OPTIONS:
        if group and "--help" not in names:
            continue  # those of the whole program stand before the group
        name = " ".join((*names, f"<{metavar}>" if metavar else "")).rstrip()
        rows[name] = f"{text}\n[env var: {variable}]" if variable else text
    return rows


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _columns() -> int:
    """How wide the terminal is, COLUMNS first; 80 where there is none."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told) >= 40:
        return int(told)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, 40)
    except (OSError, ValueError):
        return 80
