"""A terminal in miniature: what somebody sees of all that was written to it."""

from __future__ import annotations

import re

# What the display may write besides text: to the line's start, up, erase, the cursor, a colour.
_PART = re.compile(
    r"\r|\n|\x1b\[(?P<count>\d*)A|\x1b\[(?P<erase>2K)|\x1b\[\?25(?P<cursor>[lh])|\x1b\[[\d;]*m|[^\x1b\r\n]"
)


class Screen:
    """Lines that are folded where the terminal ends, and again when that changes, as most terminals do."""

    def __init__(self, width: int) -> None:
        self.cursor_is_shown = True
        self._width = width
        self._rest = ""  # of a sequence that is not complete
        self._lines = [""]
        # Where the cursor is: in a line, in one of its rows; behind the last column where a row is full.
        self._line, self._row, self._column = 0, 0, 0

    def resize(self, width: int) -> None:
        """Give the terminal another width."""
        at = self._row * self._width + self._column
        self._width = width
        self._row, self._column = divmod(at, width)

    def feed(self, text: str) -> None:
        """Take in what was written."""
        text, end = self._rest + text, 0
        while part := _PART.match(text, end):
            end = part.end()
            self._do(part)
        self._rest = text[end:]
        assert re.fullmatch(r"(\x1b(\[[\d;?]*)?)?", self._rest), f"not known: {self._rest[:20]!r}"

    @property
    def lines(self) -> list[str]:
        """What is on it, without the empty lines at its end."""
        shown = [line.rstrip() for line in self._lines]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def _do(self, part: re.Match[str]) -> None:
        if part[0] == "\r":
            self._column = 0
        elif part[0] == "\n":
            self._line, self._row, self._column = self._line + 1, 0, 0
            if self._line == len(self._lines):
                self._lines.append("")
        elif part["count"] is not None:
            for _ in range(int(part["count"] or 1)):
                self._up()
        elif part["erase"]:
            line, start = self._lines[self._line], self._row * self._width
            kept = line[start + self._width :]
            self._lines[self._line] = line[:start] + (" " * self._width + kept if kept else "")
        elif part["cursor"]:
            self.cursor_is_shown = part["cursor"] == "h"
        elif not part[0].startswith("\x1b"):
            self._write(part[0])

    def _write(self, character: str) -> None:
        if self._column == self._width:
            self._row, self._column = self._row + 1, 0
        at = self._row * self._width + self._column
        line = self._lines[self._line].ljust(at)
        self._lines[self._line] = line[:at] + character + line[at + 1 :]
        self._column += 1

    def _up(self) -> None:
        if self._row:
            self._row -= 1
        elif self._line:
            self._line -= 1
            self._row = max(len(self._lines[self._line]) - 1, 0) // self._width
