"""Resolve names of a script by its imports: `pd.read_csv` is `pandas.read_csv`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping

from .syntax_tree import dotted


class ImportedNames:
    """The meaning of a script's names, as far as imports alone decide it."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        origins: dict[str, set[str | None]] = {}
        for node in nodes:
            for name, origin in _bound_by(node):
                origins.setdefault(name, set()).add(origin)
        self._origins: Mapping[str, set[str | None]] = origins

    def resolve(self, node: ast.AST) -> str | None:
        """Return the whole name of what an expression names; None where it is not an import's or a builtin."""
        name = dotted(node)
        if name is None:
            return None
        root, dot, rest = name.partition(".")
        if root not in self._origins:
            return name if hasattr(builtins, root) else None
        origins = self._origins[root]
        if len(origins) != 1:
            return None
        origin = next(iter(origins))
        return None if origin is None else f"{origin}{dot}{rest}"


def _bound_by(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Yield the names that a node itself binds, with what an import gives them, None for anything else."""
    if isinstance(node, ast.Import):
        for one in node.names:
            top = one.name.partition(".")[0]
            yield (one.asname, one.name) if one.asname else (top, top)
    elif isinstance(node, ast.ImportFrom):
        for one in node.names:
            yield one.asname or one.name, None if node.level else f"{node.module}.{one.name}"
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, None
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id, None
    elif isinstance(node, ast.arg):
        yield node.arg, None
