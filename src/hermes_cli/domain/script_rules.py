"""Check that a script can run as one file: valid Python, without relative imports."""

from __future__ import annotations

import ast

from hermes_cli.domain.contract.errors import ProjectFailed

from .merge_markers import HOW_TO_RESOLVE, UNRESOLVED, is_conflict


def check_script(source: bytes, where: str) -> None:
    """Raise `ProjectFailed` for a script that could not run as one file outside its package."""
    for error in relative_imports(source, where):
        raise error


def relative_imports(source: bytes, where: str) -> tuple[ProjectFailed, ...]:
    """Return a refusal for each relative import of a script. Raises `ProjectFailed` where it is not Python."""
    try:
        tree = ast.parse(source, filename=where)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        if is_conflict(source.decode("utf-8", "replace"), line):
            raise ProjectFailed(f"{where}:{line}: {UNRESOLVED}", hint=HOW_TO_RESOLVE) from None
        reason = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        raise ProjectFailed(
            f"{where}{f':{line}' if line else ''}: not valid Python: {reason}", hint="correct that line"
        ) from None
    return tuple(
        ProjectFailed(
            f"{where}:{node.lineno}: a script cannot use the relative import "
            f"{'.' * node.level + (node.module or '')!r}, because it runs as one file outside its package",
            hint=f"import it by the package's name: from {_absolute(where, node)} import "
            + ", ".join(alias.name for alias in node.names),
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    )


def _absolute(where: str, node: ast.ImportFrom) -> str:
    package = where.split("/")[-2] if "/" in where else "my_package"
    return f"{package}.{node.module}" if node.module else package
