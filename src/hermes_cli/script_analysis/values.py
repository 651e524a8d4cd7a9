"""Work out what an expression of a script is, as far as paths go: a place of a run, or a text and its start."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from .imported_names import ImportedNames
from .syntax_tree import string_of

_PLACES = frozenset({"HERMES_PRODUCTS", "HERMES_INPUT"})
_READ_VARIABLE = frozenset({"os.environ.get", "os.environ.pop", "os.getenv"})
_SAME_TEXT = frozenset({"str", "os.fspath"})
_SAME_PLACE = frozenset({"rstrip", "strip", "removesuffix"})  # methods that leave a place the one that it was
PATHS = frozenset(f"pathlib.{name}" for name in ("Path", "PurePath", "PosixPath", "PurePosixPath"))
_DEEPEST = 60  # expressions within each other


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place of a run, or something below it; `variable` holds the place."""

    variable: str


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text, or a path where `is_path`; not `whole`: only its start is known."""

    start: str
    whole: bool = True
    is_path: bool = False


Value = Place | Text
Known = Mapping[str, Value]


def variable_read(node: ast.AST, names: ImportedNames) -> str | None:
    """Return the environment variable that an expression reads, where it is named by a literal."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return string_of(node.slice) if names.resolve(node.value) == "os.environ" else None
    if isinstance(node, ast.Call) and node.args and names.resolve(node.func) in _READ_VARIABLE:
        return string_of(node.args[0])
    return None


def value_of(node: ast.AST, known: Known, names: ImportedNames, depth: int = 0) -> Value | None:
    """Return what an expression is, None where that is not known."""
    if depth > _DEEPEST:
        return None

    def of(part: ast.AST) -> Value | None:
        return value_of(part, known, names, depth + 1)

    if isinstance(node, ast.Constant):
        return Text(start=node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.NamedExpr):
        return of(node.value)
    variable = variable_read(node, names)
    if variable is not None:
        return Place(variable=variable) if variable in _PLACES else None
    if isinstance(node, ast.JoinedStr):
        value: Value | None = Text(start="")
        for part in node.values:
            value = _joined(value, of(part.value if isinstance(part, ast.FormattedValue) else part))
        return value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(of(node.left), of(node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left = of(node.left)
        return _below(left, of(node.right)) if isinstance(left, Text) and left.is_path else None
    if isinstance(node, (ast.BoolOp, ast.IfExp)):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        return next((one for one in map(of, parts) if isinstance(one, Place)), None)
    if isinstance(node, ast.Call):
        return _returned(node, known, names, depth)
    return None


def _returned(call: ast.Call, known: Known, names: ImportedNames, depth: int) -> Value | None:
    arguments = [value_of(one, known, names, depth + 1) for one in call.args]
    function = names.resolve(call.func)
    if function in _SAME_TEXT and len(arguments) == 1:
        (only,) = arguments
        return Text(start=only.start, whole=only.whole) if isinstance(only, Text) else only
    if function == "os.path.join" or function in PATHS:
        value = arguments[0] if arguments else Text(start=".")
        for one in arguments[1:]:
            value = _below(value, one)
        if function in PATHS:
            return (
                Text(start=value.start, whole=value.whole, is_path=True) if isinstance(value, Text) else None
            )
        return value
    if isinstance(call.func, ast.Attribute) and call.func.attr in _SAME_PLACE:
        value = value_of(call.func.value, known, names, depth + 1)
        return value if isinstance(value, Place) else None
    return None


def _joined(left: Value | None, right: Value | None, between: str = "") -> Value | None:
    """Join two texts. What follows an unknown start is unknown, what follows a place is below it."""
    if not isinstance(left, Text):
        return left
    if not left.whole:
        return left
    if left.start == "" and not between and not isinstance(right, Text):
        return right
    if not isinstance(right, Text):
        return Text(start=left.start + between, whole=False, is_path=left.is_path)
    return Text(start=left.start + between + right.start, whole=right.whole, is_path=left.is_path)


def _below(left: Value | None, right: Value | None) -> Value | None:
    if isinstance(right, Text) and right.start.startswith("/"):
        return right
    return _joined(left, right, "/")
