"""Find uses of `__file__`, which a cluster may not define, and beside which there is nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .parsed_script import ParsedScript
from .script_fault import ScriptFault


def own_path_faults(script: ParsedScript, package: str) -> Iterator[ScriptFault]:
    """Yield the lines that use `__file__`, but not where its lack is caught, or tested for.

    None of them is sure to fail: it depends on how a cluster starts a script whether the name is there.
    """
    uses = [
        (node, guard) for node, guard in script.nodes if isinstance(node, ast.Name) and node.id == "__file__"
    ]
    if any(isinstance(node.ctx, ast.Store) for node, _ in uses):
        return  # it gives the name a meaning of its own
    lines: set[int] = set()
    for node, guard in uses:
        if not (node.lineno in lines or guard.catches("NameError") or guard.asks_about("__file__")):
            lines.add(node.lineno)
            yield ScriptFault(
                rule="script-file",
                line=node.lineno,
                what="__file__ may not be there: a cluster runs a script as one file, outside its "
                "package, and may not define the name",
                cure=f'read files beside it from the package: importlib.resources.files("{package}")',
            )
