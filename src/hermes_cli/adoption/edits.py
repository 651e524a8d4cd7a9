"""Changes to a source at the places of its syntax tree; every other character stays as it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .values import SourceText

_Position = tuple[int, int]  # line from 1, UTF-8 bytes into it


@dataclass(frozen=True, kw_only=True)
class _Edit:
    start: _Position
    end: _Position
    text: str


class Edits:
    """Replacements that are gathered first and then made together; within a larger one, a smaller is lost."""

    def __init__(self) -> None:
        self._edits: list[_Edit] = []

    def replace(self, node: ast.expr | ast.stmt, text: str) -> None:
        """Put a text, of one line, in the place of a node."""
        self._edits.append(_Edit(start=_start(node), end=_end(node), text=text))

    def span(self, start: _Position, end: _Position, text: str) -> None:
        """Put a text in the place of what lies between two positions."""
        self._edits.append(_Edit(start=start, end=end, text=text))

    def wrap(self, node: ast.expr | ast.stmt, before: str, after: str) -> None:
        """Put texts before and after a node."""
        self._edits.append(_Edit(start=_start(node), end=_start(node), text=before))
        self._edits.append(_Edit(start=_end(node), end=_end(node), text=after))

    def close_call(self, node: ast.Call, text: str) -> None:
        """Put a text before the closing bracket of a call."""
        line, column = _end(node)
        self._edits.append(_Edit(start=(line, column - 1), end=(line, column - 1), text=text))

    def apply(self, source: SourceText) -> SourceText:
        """The source with all replacements made; each line that is left keeps its place."""
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


def _start(node: ast.expr | ast.stmt) -> _Position:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> _Position:
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: S101
    return node.end_lineno, node.end_col_offset


def stands(source: SourceText, node: ast.expr) -> bool:
    """Whether a node is where it says; before Python 3.12 those within an f-string may not be."""
    try:
        segment = ast.get_source_segment(source.text, node)
        return segment is not None and ast.dump(ast.parse(segment, mode="eval").body) == ast.dump(node)
    except (SyntaxError, UnicodeDecodeError):  # its place may be in the middle of a character
        return False


def at_module_scope(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs in the module's own scope: not in a function, a class or a lambda."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        yield child
        yield from at_module_scope(child)
