"""Report paths that work on one machine or in one folder only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hermes_cli.script_analysis.syntax_tree import dotted, expression_statements, string_literals, string_of
from hermes_cli.script_analysis.working_folder import DATA_FILE

from .findings import quoted
from .rewriting import Rewriting

_OF_ONE_MACHINE = re.compile(
    r"[A-Za-z]:[\\/]|\\\\\w|(?:file:/+)?/(?:dbfs|home|Users|root|mnt|content|kaggle|Volumes|Workspace|data|tmp|srv)/"
    r"|dbfs:/|~[/\\]|file:/"
)
_FILE_CALL = re.compile(
    r"(?:.*\.)?(?:open|Path|read\w*|to_\w+|load\w*|save\w*|dump\w*|write\w*|connect|ExcelWriter|ExcelFile|imread"
    r"|imwrite|glob|listdir|exists|csv|parquet|json|genfromtxt|from_csv|scan_\w+|makedirs)"
)
_TODO = "read it below HERMES_INPUT, or write it below HERMES_PRODUCTS"


def report_local_paths(code: Rewriting) -> None:
    """Report absolute paths, and data files that calls read or write in the current folder."""
    nodes = tuple(ast.walk(code.tree))
    for node, texts in string_literals(nodes, code.handled | expression_statements(nodes)):
        if texts and _OF_ONE_MACHINE.match(texts[0]) and "\n" not in texts[0]:
            code.leave_to_do(node.lineno, f"{quoted(texts[0])} is a path of one machine", _TODO)
    for call in (node for node in ast.walk(code.tree) if isinstance(node, ast.Call)):
        name = dotted(call.func) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        if _FILE_CALL.fullmatch(name):
            for node, text in (part for argument in call.args[:1] for part in _strings(argument)):
                if DATA_FILE.fullmatch(text) and not _OF_ONE_MACHINE.match(text) and not text.startswith("/"):
                    what = f"{quoted(text)} is a file of the folder that the code ran in"
                    code.leave_to_do(node.lineno, what, f"{_TODO}: a job has no folder of its own")


def _strings(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield the string literals of a path, also of one that is put together."""
    text = string_of(node)
    if text is not None:
        yield node, text
    elif isinstance(node, ast.BinOp):
        yield from _strings(node.left)
        yield from _strings(node.right)
