"""Recognize definitions without side effects: to run them earlier changes nothing."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection

from hermes_cli.script_analysis.syntax_tree import (
    Definition,
    bound_names,
    dotted,
    evaluated_by,
    is_literal_statement,
)

BUILTINS = frozenset(dir(builtins))
_PURE_CALLS = frozenset(
    {"dataclass", "dataclasses.dataclass", "dataclasses.field", "field", "lru_cache", "functools.lru_cache"}
    | {"cache", "functools.cache", "functools.wraps", "wraps", "functools.total_ordering", "total_ordering"}
    | {"property", "staticmethod", "classmethod", "contextmanager", "contextlib.contextmanager"}
    | {"abstractmethod", "abc.abstractmethod", "functools.cached_property", "cached_property"}
)
_LITERALS = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load)
_CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*")


def only_defines(
    node: Definition,
    known: Collection[str],
    imported: Collection[str],
    tree: ast.Module,
    taken: Collection[str],
) -> bool:
    """Tell whether a definition has no side effects, and needs only names that exist before main runs.

    `known` are such names, `imported` those of imports, `taken` all names that the module binds.
    """
    at_once: list[ast.AST] = [*evaluated_by(node)]
    own: set[str] = set()
    if isinstance(node, ast.ClassDef):
        if _has_hooks(tree):
            return False
        # A name that the module has too is the module's until the class binds it.
        own = {name for part in node.body for name in bound_names(part)} - set(taken)
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                at_once += [*evaluated_by(part), *_annotations(part)]
            elif isinstance(part, (ast.Assign, ast.AnnAssign, ast.Pass)) or is_literal_statement(part):
                at_once.append(part)
            else:
                return False
    else:
        at_once += _annotations(node)
    decorators = [dotted(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
    return all(_is_library_call(one, imported) for one in decorators) and all(
        _is_harmless(part, {*known, *BUILTINS, *own}, imported) for root in at_once for part in ast.walk(root)
    )


def _has_hooks(tree: ast.Module) -> bool:
    """Tell whether defining a class may run code of another class of the notebook."""
    hooks = ("__init_subclass__", "__set_name__", "__prepare__")
    return any(
        (isinstance(node, ast.FunctionDef) and node.name in hooks)
        or (isinstance(node, ast.ClassDef) and any(word.arg == "metaclass" for word in node.keywords))
        for node in ast.walk(tree)
    )


def _is_harmless(node: ast.AST, known: Collection[str], imported: Collection[str]) -> bool:
    if isinstance(node, ast.Call):
        return _is_library_call(dotted(node.func), imported)
    if isinstance(node, ast.Name):
        return node.id in known or isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Subscript):
        return dotted(node.value) not in ("os.environ", "environ")
    return not isinstance(node, (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Compare, ast.Lambda))


def _is_library_call(path: str | None, imported: Collection[str]) -> bool:
    """Tell whether a call is known to have no side effects; a function of the notebook may have any."""
    root = (path or "").partition(".")[0]
    return path in _PURE_CALLS and (root in imported or root in BUILTINS)


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    every = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    found = [one.annotation for one in every if one is not None and one.annotation is not None]
    return [*found, node.returns] if node.returns is not None else found


def is_constant(node: ast.stmt) -> bool:
    """Tell whether a statement assigns a literal to a name in capitals."""
    return (
        isinstance(node, ast.Assign)
        and all(isinstance(one, ast.Name) and _CONSTANT_NAME.fullmatch(one.id) for one in node.targets)
        and all(isinstance(part, _LITERALS) for part in ast.walk(node.value))
    )
