"""Find the modules that a source imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from hermes_cli.script_analysis.module_origins import modules_of

from .notebook import SourcePlace
from .source_text import SourceText


@dataclass(frozen=True, kw_only=True)
class Import:
    """A module that the code imports, by its whole name."""

    module: str
    place: SourcePlace

    @property
    def top(self) -> str:
        """Its top-level package."""
        return self.module.partition(".")[0]


def imports_of(source: SourceText) -> Iterator[Import]:
    """Yield what a source imports. Raises `SyntaxError`."""
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for module in modules_of(node):
                yield Import(module=module, place=source.place(node.lineno))
