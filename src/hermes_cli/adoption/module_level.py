"""Rewrite code that works at module level only, before it moves into main."""

from __future__ import annotations

import ast
from collections.abc import Collection

from hermes_cli.script_analysis.syntax_tree import at_module_level, end_of, is_star_import

from .rewriting import Rewriting
from .scopes import first_imports


def keep_module_scope(code: Rewriting) -> None:
    """Let statements and calls that use the module's scope go on to use it from within a function."""
    first = first_imports(code.tree)
    for node in at_module_level(code.tree):
        if isinstance(node, ast.Global) or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            code.edits.replace(node, "pass")
        elif isinstance(node, ast.ImportFrom) and is_star_import(node) and node not in first:
            module = "." * node.level + (node.module or "")
            code.edits.replace(node, f'exec("from {module} import *", globals())')
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = len(node.args) + len(node.keywords)
            if node.func.id in ("locals", "vars") and not given:
                code.edits.replace(node, "globals()")
            elif node.func.id == "dir" and not given:
                code.edits.replace(node, f"{code.builtin('sorted', node)}(globals())")
            elif node.func.id in ("exec", "eval") and given == 1 and node.args:
                between = ast.get_source_segment(code.source.text, node) or ""
                comma = "" if between[:-1].rstrip().endswith(",") else ", "
                code.edits.close_call(node, f"{comma}globals()")


def postpones_annotations(tree: ast.Module) -> bool:
    """Tell whether `from __future__ import annotations` is in force."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(one.name == "annotations" for one in node.names)
        for node in at_module_level(tree)
    )


def drop_annotations(code: Rewriting, names: Collection[str]) -> None:
    """Take the annotations from assignments to names that become global in main, which takes none."""
    for node in at_module_level(code.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in names:
            if node.value is None:
                code.edits.replace(node, "pass")
            else:
                code.edits.replace_between(end_of(node.target), end_of(node.annotation), "")
