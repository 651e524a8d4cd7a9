"""Keep a script that has a main already: only marks and imports are added to it."""

from __future__ import annotations

import ast

from hermes_cli.script_analysis.syntax_tree import DEFINITIONS, dotted, first_line_of, is_literal_statement

from .rewriting import Rewriting
from .scopes import first_imports

# Calls at the top of a script that do no work yet.
_SETTINGS = frozenset(
    """
    os.environ.get os.getenv os.path.join os.path.expanduser Path pathlib.Path re.compile
    logging.getLogger logging.basicConfig logger.setLevel warnings.filterwarnings load_dotenv typer.Typer
    dict list set tuple frozenset int float str len range Decimal timedelta datetime.timedelta
    namedtuple collections.namedtuple defaultdict TypeVar NewType
    """.split()  # noqa: SIM905
)
_GUARD = "__name__ == '__main__'"


def has_own_main(tree: ast.Module) -> bool:
    """Tell whether a script defines main, calls it only when it is run, and does no work when it is imported."""
    guarded = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == _GUARD]
    has_main = any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
    return has_main and bool(guarded) and all(_is_idle(node) for node in tree.body if node not in guarded)


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, *DEFINITIONS)):
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


def with_marks_and_imports(code: Rewriting) -> str:
    """Return the script with marks above the statements that they are about, and with the imports of edits."""
    tree, lines = code.tree, code.source.lines
    above: dict[int, list[str]] = {}
    for number, comments in code.marks().items():
        line = _statement_line(tree, lines, number)
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        above.setdefault(line, []).extend(f"{indent}{comment}" for comment in comments)
    present = {
        ast.unparse(ast.Import([one]))
        for node in first_imports(tree)
        if isinstance(node, ast.Import)
        for one in node.names
    }
    missing = [line for line in code.import_lines() if line not in present]
    if missing:
        first = next(node for node in tree.body if not _is_heading(node))
        gap = [] if isinstance(first, (ast.Import, ast.ImportFrom)) else ["", ""]
        above.setdefault(first_line_of(first), [])[:0] = [*missing, *gap]
    every = [text for number, line in enumerate(lines, 1) for text in (*above.get(number, ()), line)]
    return "\n".join(every).rstrip("\n") + "\n"


def _statement_line(tree: ast.Module, lines: list[str], line: int) -> int:
    """Return the first line of the innermost statement that holds a line and starts one."""
    best = line
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            text = lines[node.lineno - 1]
            if not text.encode()[: node.col_offset].strip() and (best == line or node.lineno >= best):
                best = node.lineno
    return best


def _is_heading(node: ast.stmt) -> bool:
    return is_literal_statement(node) or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
