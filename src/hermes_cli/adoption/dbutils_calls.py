"""Replace calls of `dbutils` that have a meaning in a notebook only: its end, and a restart of Python."""

from __future__ import annotations

import ast

from hermes_cli.script_analysis.syntax_tree import dotted, end_of, start_of

from .rewriting import Rewriting


def replace_dbutils_calls(code: Rewriting) -> None:
    """Drop `dbutils.library.restartPython`, and print the value of `dbutils.notebook.exit`."""
    for node in ast.walk(code.tree):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        name = dotted(node.value.func)
        if name == "dbutils.library.restartPython":
            code.edits.replace(node, "pass")
            code.note(node.lineno, f"{name} is left out: Hermes makes the environment")
        elif name == "dbutils.notebook.exit":
            is_last = node is code.tree.body[-1]
            ending = "" if is_last else f"; {code.module('sys', node)}.exit()"
            _print_and_exit(code, node.value, ending)
            todo = "let the caller read the value from the output, or from a file that the script writes"
            code.leave_to_do(node.lineno, f"{name}: the script prints the value and ends", todo)


def _print_and_exit(code: Rewriting, call: ast.Call, ending: str) -> None:
    values = [*call.args, *(one.value for one in call.keywords)]
    name = code.builtin("print", call)
    if len(values) != 1:
        code.edits.replace(call, f"{name}(){ending}")
        return
    code.edits.replace_between(start_of(call), start_of(values[0]), f"{name}(")
    code.edits.replace_between(end_of(values[0]), end_of(call), f"){ending}")
