"""Questions about a syntax tree: dotted names, string literals, bindings, and code at module level."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

Position = tuple[int, int]  # line from 1, UTF-8 bytes into it
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def start_of(node: ast.expr | ast.stmt) -> Position:
    """Return where a node starts."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt) -> Position:
    """Return where a node ends."""
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: S101
    return node.end_lineno, node.end_col_offset


def has_right_position(text: str, node: ast.expr) -> bool:
    """Tell whether a node is where its position says; before Python 3.12 those within an f-string may not be."""
    try:
        segment = ast.get_source_segment(text, node)
        return segment is not None and ast.dump(ast.parse(segment, mode="eval").body) == ast.dump(node)
    except (SyntaxError, UnicodeDecodeError):  # its place may be in the middle of a character
        return False


def dotted(node: ast.AST) -> str | None:
    """Return a name or a chain of attributes as it is written, None for any other node."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(parts))) if isinstance(node, ast.Name) else None


def parts_of(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what a node consists of, by the name of the field; a name's context says nothing here."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for one in value:
                if isinstance(one, ast.AST):
                    yield name, one
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            yield name, value


def string_of(node: ast.AST | None) -> str | None:
    """Return the value of a string literal, None for any other node."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def string_literals(
    nodes: Iterable[ast.AST], skipped: Collection[int]
) -> Iterator[tuple[ast.expr, list[str]]]:
    """Yield each string and bytes literal with its text; an f-string once, with the texts of its parts.

    `nodes` are all of a tree, each before its parts; `skipped` are ids of some. Before Python 3.12 the parts of an
    f-string have no position of their own.
    """
    seen = set(skipped)
    for node in nodes:
        if id(node) in seen:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = list(ast.walk(node))
            seen |= {id(part) for part in parts}
            yield node, [text for part in parts if (text := string_of(part)) is not None]
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            yield node, [node.value if isinstance(node.value, str) else node.value.decode("latin-1")]


def expression_statements(nodes: Iterable[ast.AST]) -> set[int]:
    """Return the ids of expressions that are statements of their own, as a docstring is."""
    return {id(node.value) for node in nodes if isinstance(node, ast.Expr)}


def is_literal_statement(node: ast.AST) -> bool:
    """Tell whether a statement is a literal alone, as a docstring is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_star_import(node: ast.AST) -> bool:
    """Tell whether it imports all names of a module."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def at_module_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that runs in the module's own scope: not in a function, a class or a lambda."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (*DEFINITIONS, ast.Lambda)):
            continue
        yield child
        yield from at_module_level(child)


def first_line_of(statement: ast.stmt) -> int:
    """Return the line where a statement starts, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def docstring_of(tree: ast.Module) -> ast.stmt | None:
    """Return the statement that is the module's docstring."""
    return tree.body[0] if ast.get_docstring(tree, clean=False) is not None else None


def bound_here(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, without those that nodes within it bind."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (one.asname or one.name.partition(".")[0] for one in node.names if one.name != "*")
    elif isinstance(node, (*DEFINITIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def bound_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds in the module's scope, one for each time."""
    if isinstance(node, DEFINITIONS):
        yield node.name
        for part in evaluated_by(node):
            yield from bound_names(part)
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        return
    if type(node).__name__ == "TypeAlias":
        yield node.name.id  # type: ignore[attr-defined]
        return
    yield from bound_here(node)
    for child in ast.iter_child_nodes(node):
        yield from bound_names(child)


def evaluated_by(node: Definition) -> list[ast.expr]:
    """Return the expressions that a definition evaluates at once: decorators, defaults, base classes."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]
    defaults = (one for one in node.args.kw_defaults if one is not None)
    return [*node.decorator_list, *node.args.defaults, *defaults]
