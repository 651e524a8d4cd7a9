"""Python source with the origin of each line, and edits to it that leave every other character as it was."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from hermes_cli.script_analysis.syntax_tree import Position, end_of, start_of

from .notebook import SourcePlace


@dataclass(kw_only=True)
class SourceText:
    """Lines of Python, each with the place in the user's file that it comes from."""

    lines: list[str] = field(default_factory=list)
    places: list[SourcePlace] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines, as one module."""
        return "".join(f"{line}\n" for line in self.lines)

    def add(self, line: str, place: SourcePlace) -> None:
        """Append a line."""
        self.lines.append(line)
        self.places.append(place)

    def place(self, line: int) -> SourcePlace:
        """Return the place that a line, counted from 1, comes from."""
        return self.places[min(line, len(self.places)) - 1]

    def line_of(self, place: SourcePlace) -> int:
        """Return the first line, counted from 1, of a place, or of the last one before it that is left."""
        cell = (place.file, place.cell)
        left = [
            (one.line, -number)
            for number, one in enumerate(self.places, 1)
            if (one.file, one.cell) == cell and one.line <= place.line
        ]
        return -max(left, default=(0, -1))[1]


@dataclass(frozen=True, kw_only=True)
class _Edit:
    start: Position
    end: Position
    text: str


class Edits:
    """Replacements, collected first and then made together; one within a larger one is dropped."""

    def __init__(self) -> None:
        self._edits: list[_Edit] = []

    def replace(self, node: ast.expr | ast.stmt, text: str) -> None:
        """Replace a node by a text of one line."""
        self.replace_between(start_of(node), end_of(node), text)

    def replace_between(self, start: Position, end: Position, text: str) -> None:
        """Replace all between two positions by a text of one line."""
        self._edits.append(_Edit(start=start, end=end, text=text))

    def wrap(self, node: ast.expr | ast.stmt, before: str, after: str) -> None:
        """Insert texts before and after a node."""
        self.replace_between(start_of(node), start_of(node), before)
        self.replace_between(end_of(node), end_of(node), after)

    def close_call(self, node: ast.Call, text: str) -> None:
        """Insert a text before the closing bracket of a call."""
        line, column = end_of(node)
        self.replace_between((line, column - 1), (line, column - 1), text)

    def apply(self, source: SourceText) -> SourceText:
        """Return the source with all replacements made; each line that is left keeps its place."""
        result = SourceText(lines=list(source.lines), places=list(source.places))
        outer = [
            edit
            for edit in dict.fromkeys(self._edits)
            if not any(
                other != edit
                and other.start < other.end
                and other.start <= edit.start
                and edit.end <= other.end
                and not (edit.start == edit.end and edit.start in (other.start, other.end))
                for other in self._edits
            )
        ]
        for edit in sorted(outer, key=lambda one: (one.start, one.end), reverse=True):
            first, last = edit.start[0] - 1, edit.end[0] - 1
            head = result.lines[first].encode()[: edit.start[1]].decode()
            tail = result.lines[last].encode()[edit.end[1] :].decode()
            result.lines[first : last + 1] = [head + edit.text + tail]
            del result.places[first + 1 : last + 1]
        return result
