"""The names that an adopted file uses, and where it binds them: code of Hermes in it needs others there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hermes_cli.script_analysis.syntax_tree import DEFINITIONS, bound_here


class TakenNames:
    """The names of a source. A function or class of the top level counts as one scope, with all within it."""

    def __init__(self, tree: ast.Module) -> None:
        self._used: set[str] = set()
        self._bound: set[tuple[str, int | None]] = set()  # None is the scope of the module
        self._scopes: dict[int, int | None] = {}
        self._read(tree, None)

    def free(self, *wanted: str) -> str:
        """Return the first of these names that the source does not use, or the last one with a number."""
        name = next((one for one in wanted if one not in self._used), "")
        number = 2
        while not name or name in self._used:
            name, number = f"{wanted[-1]}_{number}", number + 1
        return name

    def is_taken(self, name: str, node: ast.AST | None = None) -> bool:
        """Tell whether a name may be another thing at a node, or anywhere in the module's own scope.

        A module that is imported at the top under its own name is what the name says.
        """
        scopes = {None} if node is None else {None, self._scopes[id(node)]}
        return any((name, scope) in self._bound for scope in scopes)

    def _read(self, node: ast.AST, scope: int | None) -> None:
        for child in ast.iter_child_nodes(node):
            names = set(_mentioned(child))
            self._used |= names
            if isinstance(child, ast.Global):
                self._bound |= {(name, None) for name in names}
            elif scope is not None or not isinstance(child, ast.Import):
                self._bound |= {(name, scope) for name in bound_here(child)}
            else:
                self._bound |= {
                    (one.asname, scope) for one in child.names if one.asname not in (None, one.name)
                }
            within = id(child) if scope is None and isinstance(child, DEFINITIONS) else scope
            self._scopes[id(child)] = within
            self._read(child, within)


def _mentioned(node: ast.AST) -> Iterator[str]:
    yield from bound_here(node)
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
