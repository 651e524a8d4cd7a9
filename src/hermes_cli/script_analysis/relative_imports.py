"""Check that a script can run as one file: valid Python, without relative imports."""

from __future__ import annotations

import ast

from hermes_cli.domain.contract.errors import ProjectFailed

from .parsed_script import ParsedScript
from .parsing import parse_script


def check_script(source: bytes, where: str) -> None:
    """Raise `ProjectFailed` for a script that could not run as one file outside its package."""
    for error in relative_imports(parse_script(source, where), where):
        raise error


def relative_imports(script: ParsedScript, where: str) -> tuple[ProjectFailed, ...]:
    """Return a refusal for each relative import of a script; one whose failure is caught is let through."""
    return tuple(
        ProjectFailed(
            f"{where}:{node.lineno}: a script cannot use the relative import "
            f"{'.' * node.level + (node.module or '')!r}, because it runs as one file outside its package",
            hint=f"import it by the package's name: from {_absolute(where, node)} import "
            + ", ".join(alias.name for alias in node.names),
        )
        for node, guard in script.nodes
        if isinstance(node, ast.ImportFrom) and node.level and not guard.excuses_import("ImportError")
    )


def _absolute(where: str, node: ast.ImportFrom) -> str:
    package = where.split("/")[-2] if "/" in where else "my_package"
    return f"{package}.{node.module}" if node.module else package
