"""Go through a script in its order, and note what its names are where it calls something or reads an item."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .guards import Guard
from .imported_names import ImportedNames
from .syntax_tree import bound_names, evaluated_by, parts_of
from .values import Known, Place, Value, value_of

_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LEAVES = (ast.Name, ast.Constant)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, kw_only=True)
class Use:
    """A call or a read item, with its guard and what is known there; `scope`: its function, or the module."""

    node: ast.Call | ast.Subscript
    guard: Guard
    known: Known
    scope: ast.AST
    names: ImportedNames

    def value(self, node: ast.AST) -> Value | None:
        """Return what an expression is at this place."""
        return value_of(node, self.known, self.names)

    @property
    def function(self) -> str | None:
        """The whole name of what is called, as far as imports decide it."""
        return self.names.resolve(self.node.func) if isinstance(self.node, ast.Call) else None

    @property
    def attribute(self) -> str:
        """The attribute that is called, as in `figure.savefig(…)`, else nothing."""
        called = self.node.func if isinstance(self.node, ast.Call) else None
        return called.attr if isinstance(called, ast.Attribute) else ""


def uses_in(tree: ast.Module, names: ImportedNames, guards: Mapping[int, Guard]) -> tuple[Use, ...]:
    """Return the calls and the items of a module; `guards` are theirs, by their ids.

    Values are followed through assignments to simple names.
    """
    flow = _Flow(tree, names, guards)
    try:
        flow.read(tree, tree.body, {})
    except RecursionError:
        return ()  # nested deeper than anybody writes by hand
    return tuple(flow.uses)


class _Flow:
    """Collects uses. What is known is a new mapping after each change, so that a use keeps the one of its place."""

    def __init__(self, tree: ast.Module, names: ImportedNames, guards: Mapping[int, Guard]) -> None:
        self.uses: list[Use] = []
        self._names = names
        self._guards = guards
        self._scope: ast.AST = tree
        self._functions: list[_Function] = []

    def read(self, scope: ast.AST, body: Sequence[ast.stmt], known: Known) -> None:
        """Read a scope, then its functions: they run when all of its names are there."""
        self._scope, self._functions = scope, []
        end = self._block(body, known)
        for function in self._functions:
            local = (name for part in function.body for name in bound_names(part))
            self.read(
                function, function.body, _without(end, (*_parameters(function.args), *local) if end else ())
            )

    def _block(self, statements: Iterable[ast.stmt], known: Known) -> Known:
        for statement in statements:
            known = self._statement(statement, known)
        return known

    def _statement(self, node: ast.stmt, known: Known) -> Known:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._functions.append(node)
            return self._passed(evaluated_by(node), known, [node.name])
        if isinstance(node, ast.ClassDef):
            self._block(node.body, known)
            return self._passed(evaluated_by(node), known, [node.name])
        bodies = [body for name in ("body", "orelse", "finalbody") if (body := getattr(node, name, None))]
        bodies += [part.body for name in ("handlers", "cases") for part in getattr(node, name, ())]
        parts = (
            [part for part in ast.iter_child_nodes(node) if not isinstance(part, _BLOCKS)]
            if bodies
            else [node]
        )
        given = self._given(node, known)
        known = self._passed(parts, known, (name for part in parts for name in bound_names(part)))
        known = {**known, **given} if given else known
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self._block(node.body, known)
        if isinstance(node, ast.If):
            return _either(self._block(node.body, known), self._block(node.orelse, known))
        for body in bodies:
            known = _either(known, self._block(body, known))
        return known

    def _passed(self, parts: Iterable[ast.AST], known: Known, bound: Iterable[str]) -> Known:
        """Note the uses in parts of a statement, and forget the names that it binds."""
        for part in parts:
            self._note_uses(part, known)
        return _without(known, bound)

    def _note_uses(self, root: ast.AST, known: Known) -> None:
        stack = [(root, known)]
        while stack:
            node, there = stack.pop()
            if isinstance(node, ast.Lambda):
                there = _without(there, _parameters(node.args))
            elif isinstance(node, _COMPREHENSIONS):
                there = _without(there, (name for one in node.generators for name in bound_names(one.target)))
            elif isinstance(node, (ast.Call, ast.Subscript)):
                guard = self._guards[id(node)]
                self.uses.append(
                    Use(node=node, guard=guard, known=there, scope=self._scope, names=self._names)
                )
            stack.extend((part, there) for _, part in parts_of(node) if not isinstance(part, _LEAVES))

    def _given(self, node: ast.stmt, known: Known) -> Known:
        """Return what a statement gives to simple names."""
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs += zip(target.elts, node.value.elts, strict=False)
                else:
                    pairs.append((target, node.value))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs.append((node.target, node.value))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            before = ast.Name(id=node.target.id, ctx=ast.Load())
            pairs.append((node.target, ast.BinOp(left=before, op=node.op, right=node.value)))
        elif isinstance(node, (ast.If, ast.While)):
            pairs += [
                (one.target, one.value) for one in ast.walk(node.test) if isinstance(one, ast.NamedExpr)
            ]
        return {
            target.id: value
            for target, source in pairs
            if isinstance(target, ast.Name) and (value := value_of(source, known, self._names)) is not None
        }


def _parameters(arguments: ast.arguments) -> set[str]:
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}


def _without(known: Known, names: Iterable[str]) -> Known:
    gone = set(names) & known.keys() if known else set()
    return {name: value for name, value in known.items() if name not in gone} if gone else known


def _either(one: Known, other: Known) -> Known:
    """Join what is known after two ways: a place of one way may be there, anything else is it after both."""
    if one is other:
        return one
    return {
        name: value
        for known, against in ((one, other), (other, one))
        for name, value in known.items()
        if isinstance(value, Place) or against.get(name) == value
    }
