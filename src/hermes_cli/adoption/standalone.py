"""Decide whether a script can be run by its first test: without files, the network, a person or arguments."""

from __future__ import annotations

import ast
import sys

from hermes_cli.script_analysis.syntax_tree import dotted

# Libraries that compute only.
_COMPUTING = frozenset(
    {"numpy", "pandas", "polars", "scipy", "sklearn", "statsmodels", "dateutil", "tabulate"}
)
_OUTSIDE = frozenset(
    """
    subprocess socket ssl urllib http smtplib ftplib imaplib poplib xmlrpc socketserver asyncio
    multiprocessing threading signal sqlite3 shutil tempfile webbrowser getpass tkinter ctypes select
    selectors argparse fileinput readline cmd pdb code runpy time sched optparse getopt
    """.split()  # noqa: SIM905
)
_CALLS = frozenset(
    """
    open input exit quit breakpoint sys.exit os.system os.popen os._exit exec eval __import__ compile
    time.sleep
    """.split()  # noqa: SIM905
)
# How the names of functions that read or write files start.
_OF_FILES = tuple("connect dump fetch_ glob load makedirs mkdir read save to_ unlink write".split())  # noqa: SIM905
_IN_MEMORY = frozenset(
    {"to_string", "to_dict", "to_datetime", "to_numeric", "to_numpy", "to_frame", "to_list", "dumps", "loads"}
)


def runs_alone(tree: ast.Module) -> bool:
    """Tell whether nothing in a module needs files, the network, a person or its arguments."""
    return not any(_needs_more(node) for node in ast.walk(tree))


def _needs_more(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        tops = {module.partition(".")[0] for module in modules} - _COMPUTING
        return not tops <= sys.stdlib_module_names - _OUTSIDE
    if isinstance(node, ast.Call):
        path = dotted(node.func) or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        last = path.rpartition(".")[2]
        return path in _CALLS or (last.startswith(_OF_FILES) and last not in _IN_MEMORY)
    if isinstance(node, ast.Raise):
        return node.exc is not None and "SystemExit" in ast.unparse(node.exc)
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant)
    return isinstance(node, ast.Attribute) and dotted(node) in ("sys.argv", "os.environ", "sys.stdin")
