"""Report paths that work on one machine or in one folder only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hermes_cli.script_analysis.syntax_tree import dotted, expression_statements, string_literals, string_of
from hermes_cli.script_analysis.working_folder import DATA_FILE

from .findings import quoted
from .place_expressions import advice
from .rewriting import Rewriting

_OF_ONE_MACHINE = re.compile(
    r"[A-Za-z]:[\\/]|\\\\\w|(?:file:/+)?/(?:dbfs|home|Users|root|mnt|content|kaggle|Volumes|Workspace|data|tmp|srv)/"
    r"|dbfs:/|~[/\\]|file:/"
)
_FILE_CALL = re.compile(
    r"(?:.*\.)?(?:open|Path|read\w*|to_\w+|load\w*|save\w*|dump\w*|write\w*|connect|ExcelWriter|ExcelFile|imread"
    r"|imwrite|glob|listdir|exists|csv|parquet|json|genfromtxt|from_csv|scan_\w+|makedirs)"
)


def report_local_paths(code: Rewriting) -> None:
    """Report absolute paths, and data files that calls read or write in the current folder."""
    nodes = tuple(ast.walk(code.tree))
    for node, texts in string_literals(nodes, code.handled | expression_statements(nodes)):
        if texts and _OF_ONE_MACHINE.match(texts[0]) and "\n" not in texts[0]:
            what = f"{quoted(texts[0])} is a path of one machine"
            code.leave_to_do(node.lineno, what, advice(code.project, _name_in(texts[0])))
    for call in (node for node in ast.walk(code.tree) if isinstance(node, ast.Call)):
        name = dotted(call.func) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        if _FILE_CALL.fullmatch(name):
            values = [*call.args[:1], *(word.value for word in call.keywords)]
            for node, text in (part for one in values for part in _strings(one)):
                if is_data_file(text) and id(node) not in code.handled:
                    what = f"{quoted(text)} is a file of the folder that the code ran in, and a job has none"
                    code.leave_to_do(node.lineno, what, advice(code.project, _name_in(text)))


def is_data_file(text: str) -> bool:
    """Tell whether a text is the path of a data file that depends on the current folder."""
    return bool(DATA_FILE.fullmatch(text) and not _OF_ONE_MACHINE.match(text) and not text.startswith("/"))


def _name_in(path: str) -> str:
    """Return the name of the file that a path names, or a placeholder where it does not look like one."""
    name = re.split(r"[\\/]", path)[-1]
    return name if DATA_FILE.fullmatch(name) else "NAME"


def _strings(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield the string literals of a path, also of one that is put together."""
    text = string_of(node)
    if text is not None:
        yield node, text
    elif isinstance(node, ast.BinOp):
        yield from _strings(node.left)
        yield from _strings(node.right)
