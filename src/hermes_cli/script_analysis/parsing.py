"""Parse a script, with a refusal that names the line where it is not valid Python."""

from __future__ import annotations

import ast
import warnings

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.merge_markers import HOW_TO_RESOLVE, UNRESOLVED, is_conflict

from .parsed_script import ParsedScript


def parse_script(source: bytes, where: str) -> ParsedScript:
    """Parse a script. Raises `ProjectFailed` where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those are for whoever runs it
            return ParsedScript(ast.parse(source, filename=where))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        if is_conflict(source.decode("utf-8", "replace"), line):
            raise ProjectFailed(f"{where}:{line}: {UNRESOLVED}", hint=HOW_TO_RESOLVE) from None
        reason = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        raise ProjectFailed(
            f"{where}{f':{line}' if line else ''}: not valid Python: {reason}", hint="correct that line"
        ) from None
