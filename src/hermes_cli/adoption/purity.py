"""Statements that only define something: to run them earlier changes nothing."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator

from .parameters import dotted

BUILTINS = frozenset(dir(builtins))
_PURE_CALLS = frozenset(
    {"dataclass", "dataclasses.dataclass", "dataclasses.field", "field", "lru_cache", "functools.lru_cache"}
    | {"cache", "functools.cache", "functools.wraps", "wraps", "functools.total_ordering", "total_ordering"}
    | {"property", "staticmethod", "classmethod", "contextmanager", "contextlib.contextmanager"}
    | {"abstractmethod", "abc.abstractmethod", "functools.cached_property", "cached_property"}
)
_LITERALS = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load)
_CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*")


def bindings(node: ast.AST) -> Iterator[str]:
    """The names that a statement of the module's scope binds, one for each time."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        for part in (*node.decorator_list, *_defaults(node)):
            yield from bindings(part)
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (one.asname or one.name.partition(".")[0] for one in node.names if one.name != "*")
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    elif type(node).__name__ == "TypeAlias":
        yield node.name.id  # type: ignore[attr-defined]
        return
    for child in ast.iter_child_nodes(node):
        yield from bindings(child)


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(word.value for word in node.keywords)]
    return [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]


def is_pure(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    known: Collection[str],
    imported: Collection[str],
    tree: ast.Module,
    taken: Collection[str],
) -> bool:
    """Whether to define it does nothing else, and needs only names that are there before main runs.

    `taken` are all names that the module binds.
    """
    at_once: list[ast.AST] = [*node.decorator_list, *_defaults(node)]
    own: set[str] = set()
    if isinstance(node, ast.ClassDef):
        if _has_hooks(tree):
            return False
        # One that the module has too is the module's, until the class binds it.
        own = {name for part in node.body for name in bindings(part)} - set(taken)
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                at_once += [*part.decorator_list, *_defaults(part), *_annotations(part)]
            elif isinstance(part, (ast.Assign, ast.AnnAssign, ast.Pass)) or is_text(part):
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
    """Whether a class of the notebook may act when another is defined from it."""
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
    """Whether it is one of those that do nothing else; what the notebook defines itself may do anything."""
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
    """Whether it gives a literal to a name in capitals."""
    return (
        isinstance(node, ast.Assign)
        and all(isinstance(one, ast.Name) and _CONSTANT_NAME.fullmatch(one.id) for one in node.targets)
        and all(isinstance(part, _LITERALS) for part in ast.walk(node.value))
    )


def is_text(node: ast.AST) -> bool:
    """Whether it is a literal that stands for itself, as a docstring does."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
