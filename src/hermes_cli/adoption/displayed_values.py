"""Print what a notebook showed: the last value of a cell, `display` and `displayHTML`."""

from __future__ import annotations

import ast
from collections.abc import Collection
from itertools import zip_longest

from hermes_cli.script_analysis.syntax_tree import docstring_of, dotted, end_of

from .notebook import Notebook
from .rewriting import Rewriting

_SHOWS_NOTHING = frozenset({"print", "display", "displayHTML", "exit", "quit", "exec"})


def show_last_values(code: Rewriting, notebook: Notebook, show: str) -> bool:
    """Show the last value of each cell, unless its line ends with a semicolon; return whether one is."""
    found = False
    docstring = docstring_of(code.tree) if notebook.keeps_docstring else None
    for statement, following in zip_longest(code.tree.body, code.tree.body[1:]):
        if not isinstance(statement, ast.Expr) or statement is docstring:
            continue
        place = code.source.place(statement.lineno)
        after = code.source.place(following.lineno) if following is not None else None
        is_last = after is None or (after.file, after.cell) != (place.file, place.cell)
        if place.file != notebook.file or not is_last or _is_quiet(code, statement):
            continue
        brackets = ("((", "))") if _is_bare_tuple(code, statement) else ("(", ")")
        code.edits.wrap(statement, f"{show}{brackets[0]}", brackets[1])
        found = True
    return found


def _is_bare_tuple(code: Rewriting, statement: ast.Expr) -> bool:
    """Tell whether its items would become the arguments of a call around it."""
    if not isinstance(statement.value, ast.Tuple):
        return False
    call = ast.parse(f"f({ast.get_source_segment(code.source.text, statement)})", mode="eval").body
    return isinstance(call, ast.Call) and not any(isinstance(one, ast.Tuple) for one in call.args)


def _is_quiet(code: Rewriting, statement: ast.Expr) -> bool:
    line, column = end_of(statement)
    if code.source.lines[line - 1].encode()[column:].decode().lstrip().startswith(";"):
        return True
    if not isinstance(statement.value, ast.Call):
        return False
    name = dotted(statement.value.func) or ""
    # Something that shows itself has no value.
    return name in _SHOWS_NOTHING or name.endswith(".show") or name.startswith("dbutils.")


def display_helpers(code: Rewriting, names: Collection[str], *, spark: bool) -> list[str]:
    """Return the functions of these names, which stand in for those of a notebook."""
    show = _SHOW_SPARK if spark else _SHOW
    calls = {name: code.builtin(name) for name in ("print", "repr", "hasattr")} if names else {}
    return [
        (_SHOW_HTML if name == "displayHTML" else show).format(name=name, **calls) for name in sorted(names)
    ]


_SHOW = '''\
def {name}(*values: object, **_: object) -> None:
    """Print values, as the notebook showed them."""
    for value in values:
        if value is not None:
            {print}({repr}(value))
'''
_SHOW_SPARK = '''\
def {name}(*values: object, **_: object) -> None:
    """Print values, as the notebook showed them; the first rows of a Spark table."""
    for value in values:
        if {hasattr}(value, "toPandas"):
            value.show()
        elif value is not None:
            {print}({repr}(value))
'''
_SHOW_HTML = '''\
def {name}(text: str) -> None:
    """Print what the notebook showed as a page."""
    {print}(text)
'''
