"""Report plots that are shown: nobody sees them where a script runs."""

from __future__ import annotations

import ast

from hermes_cli.script_analysis.syntax_tree import dotted

from .place_expressions import product
from .rewriting import Rewriting

_MODULES = ("matplotlib.pyplot", "pylab", "matplotlib.pylab")


def report_plots(code: Rewriting) -> None:
    """Report each call that shows a plot of matplotlib."""
    shows = {f"{name}.show" for name in ("plt", "pylab", *_MODULES)}
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Import):
            shows |= {f"{one.asname}.show" for one in node.names if one.asname and one.name in _MODULES}
        elif isinstance(node, ast.ImportFrom):
            names = {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            shows |= {f"{name}.show" for name, module in names.items() if module in _MODULES}
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Call) and (name := dotted(node.func)) in shows:
            place = product(code.project, "plot.png")
            save = f"{(name or '').removesuffix('show')}savefig(file)"
            todo = f'save it below HERMES_PRODUCTS: with fsspec.open({place}, "wb") as file: {save}'
            code.leave_to_do(node.lineno, f"{name}() shows a plot, which nobody sees on a cluster", todo)
