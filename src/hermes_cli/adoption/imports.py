"""Find the modules that a source imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

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
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            # `from google.cloud import storage` needs what `import google.cloud.storage` needs.
            modules = [f"{node.module}.{one.name}" for one in node.names]
        else:
            continue
        for module in modules:
            yield Import(module=module, place=source.place(node.lineno))
