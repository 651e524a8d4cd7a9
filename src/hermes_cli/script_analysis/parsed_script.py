"""A script that is read once: its syntax tree, the guard of each node, and what its names are where it uses them."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from .guards import Guard, guarded_nodes

if TYPE_CHECKING:
    from .flow import Use


class ParsedScript:
    """A syntax tree, and what the rules ask about it, each worked out when the first rule asks."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree

    @cached_property
    def nodes(self) -> tuple[tuple[ast.AST, Guard], ...]:
        """Every node with its guard, in the order of the text."""
        return tuple(guarded_nodes(self.tree))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The calls and the items that are read."""
        from .flow import uses_in  # a build asks for relative imports only
        from .imported_names import ImportedNames

        guards = {
            id(node): guard for node, guard in self.nodes if isinstance(node, (ast.Call, ast.Subscript))
        }
        return uses_in(self.tree, ImportedNames(node for node, _ in self.nodes), guards)
