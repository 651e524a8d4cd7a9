"""Find out what surrounds each node of a script: caught exceptions, tests, and whether it surely runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .syntax_tree import dotted, parts_of, string_of

_EVERYTHING = frozenset({"", "Exception", "BaseException"})
# Tests by which a script tells one machine from another.
_OF_MACHINE = re.compile(r"sys\.(?:version_info|version|platform|implementation)|os\.name|platform\.\w+")
_GUARDING = (
    *(ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While),
    *(ast.match_case, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda),
)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The surroundings of a node.

    `caught` are names of exceptions that are handled there, "" for all; `tests` the conditions around it;
    `for_types`: it is read by type checkers only; `certain`: it runs whenever the script does.
    """

    caught: frozenset[str] = frozenset()
    tests: tuple[ast.expr, ...] = ()
    for_types: bool = False
    certain: bool = True

    def catches(self, *exceptions: str) -> bool:
        """Tell whether one of these is handled, or all are."""
        return bool(self.caught & {*exceptions, *_EVERYTHING})

    def excuses_import(self, *exceptions: str) -> bool:
        """Tell whether an import may fail, or may not happen: where one of these is caught, or by a test."""
        return (
            self.for_types
            or self.catches(*exceptions)
            or any(_OF_MACHINE.fullmatch(dotted(part) or "") for part in self._tested())
        )

    def asks_about(self, *texts: str) -> bool:
        """Tell whether a condition around it names one of these as a string."""
        return any(string_of(part) in texts for part in self._tested())

    def _tested(self) -> Iterator[ast.AST]:
        return (part for test in self.tests for part in ast.walk(test))


def guarded_nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, Guard]]:
    """Yield every node with its guard, those of a block in the order of the text."""
    stack = [(tree, Guard())]
    while stack:
        node, guard = stack.pop()
        yield node, guard
        inner = _guards_inside(node, guard) if isinstance(node, _GUARDING) else {}
        children = [(child, inner.get(name, guard)) for name, child in parts_of(node)]
        stack.extend(reversed(children))


def _guards_inside(node: ast.AST, guard: Guard) -> dict[str, Guard]:
    """Return the guards of those fields of a node that have one of their own."""
    inner: dict[str, Guard] = {}
    if isinstance(node, (ast.Try, ast.TryStar)):
        caught = frozenset(name for handler in node.handlers for name in _names(handler.type))
        inner["body"] = replace(guard, caught=guard.caught | caught)
        # An import in a handler is the second choice, which is made where the first one failed.
        inner["handlers"] = replace(inner["body"], certain=False)
        inner["orelse"] = replace(guard, certain=guard.certain and not node.handlers)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        caught = frozenset(name for item in node.items for name in _suppressed(item.context_expr))
        inner["body"] = replace(guard, caught=guard.caught | caught)
    elif isinstance(node, (ast.If, ast.IfExp)):
        inner["orelse"] = replace(guard, tests=(*guard.tests, node.test), certain=False)
        if _is_main(node.test):
            inner["body"] = guard
        else:
            inner["body"] = replace(inner["orelse"], for_types=guard.for_types or _is_for_types(node.test))
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.match_case)):
        inner["body"] = inner["orelse"] = replace(guard, certain=False)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        # Where it is called, other handlers are around it.
        inner["body"] = replace(guard, caught=frozenset(), certain=False)
    return inner


def _names(exception: ast.expr | None) -> Iterator[str]:
    if exception is None:
        yield ""
    elif isinstance(exception, ast.Tuple):
        for one in exception.elts:
            yield from _names(one)
    else:
        yield (dotted(exception) or "?").rpartition(".")[2]


def _suppressed(item: ast.expr) -> Iterator[str]:
    if isinstance(item, ast.Call) and (dotted(item.func) or "").rpartition(".")[2] == "suppress":
        for one in item.args:
            yield from _names(one)


def _is_for_types(test: ast.expr) -> bool:
    return (dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING" or (
        isinstance(test, ast.Constant) and not test.value
    )


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    return {dotted(one) for one in sides} == {"__name__", None} and "__main__" in map(string_of, sides)
