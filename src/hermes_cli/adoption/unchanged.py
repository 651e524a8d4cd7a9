"""Scripts that have a main already, and stay as they are."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from .parameters import dotted
from .values import SourcePlace, SourceText

# Calls at the top of a script that do no work yet.
_SETTINGS = frozenset(
    {
        "os.environ.get",
        "os.getenv",
        "logging.getLogger",
        "logging.basicConfig",
        "re.compile",
        "Path",
        "pathlib.Path",
    }
    | {
        "timedelta",
        "datetime.timedelta",
        "dict",
        "list",
        "set",
        "tuple",
        "frozenset",
        "int",
        "float",
        "str",
        "len",
    }
    | {"namedtuple", "collections.namedtuple", "TypeVar", "NewType", "warnings.filterwarnings", "load_dotenv"}
    | {
        "os.path.join",
        "os.path.expanduser",
        "Decimal",
        "range",
        "defaultdict",
        "typer.Typer",
        "logger.setLevel",
    }
)
_GUARD = "__name__ == '__main__'"


def has_own_main(tree: ast.Module) -> bool:
    """Whether a script defines main, calls it only when it is run, and does no work when it is imported."""
    guarded = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == _GUARD]
    has_main = any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
    return has_main and bool(guarded) and all(_is_idle(node) for node in tree.body if node not in guarded)


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(
        node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
    ):
        return True
    if isinstance(node, ast.Try):
        handlers = [part for handler in node.handlers for part in handler.body]
        return all(_is_idle(part) for part in (*node.body, *handlers, *node.orelse, *node.finalbody))
    if isinstance(node, ast.If):
        return all(_is_idle(part) for part in (*node.body, *node.orelse))
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)):
        return node.value is None or all(_is_plain(part) for part in ast.walk(node.value))
    return False


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        path = dotted(node.func)
        return path in _SETTINGS or (path or "").endswith(".setLevel")
    if isinstance(node, ast.Subscript):
        return dotted(node.value) not in ("os.environ", "environ")
    return not isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.Await))


def with_marks(
    source: SourceText, tree: ast.Module, marks: Mapping[SourcePlace, list[str]], imports: Collection[str]
) -> str:
    """The script with remarks above the statements that they are about, and with what edits import."""
    above: dict[int, list[str]] = {}
    for number, place in enumerate(source.places, 1):
        for mark in marks.get(place, ()):
            line = _statement(tree, source, number)
            indent = source.lines[line - 1][
                : len(source.lines[line - 1]) - len(source.lines[line - 1].lstrip())
            ]
            above.setdefault(line, []).append(f"{indent}# TODO(hermes adopt): {mark}")
    present = {one.name for node in tree.body if isinstance(node, ast.Import) for one in node.names}
    missing = [f"import {name}" for name in sorted(set(imports) - present)]
    if missing:
        body = [node for node in tree.body if not _is_heading(node)]
        first = next((node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))), body[0])
        gap = [] if isinstance(first, (ast.Import, ast.ImportFrom)) else ["", ""]
        above.setdefault(first.lineno, [])[:0] = [*missing, *gap]
    lines = [text for number, line in enumerate(source.lines, 1) for text in (*above.get(number, ()), line)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _statement(tree: ast.Module, source: SourceText, line: int) -> int:
    """The first line of the innermost statement that holds a line and starts one."""
    best = line
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            text = source.lines[node.lineno - 1]
            if not text.encode()[: node.col_offset].strip() and (best == line or node.lineno >= best):
                best = node.lineno
    return best


def _is_heading(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
