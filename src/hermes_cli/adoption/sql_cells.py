"""Split the SQL of a Databricks cell into statements for `spark.sql`."""

from __future__ import annotations

import re

_PARAMETER = re.compile(r"\$\{?\w|\{\{|(?<![:\w]):[A-Za-z_]|\?")
_QUOTED_COMMENT_OR_END = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/)|(;)", re.DOTALL)


def sql_statements(sql: str) -> list[str] | None:
    """Return the statements without comments, None where they take parameters or fit into no Python string."""
    code = _QUOTED_COMMENT_OR_END.sub(lambda part: "" if part[1] and part[1][0] in "-/" else part[0], sql)
    if _PARAMETER.search(code) or '"""' in code or "\\" in code:
        return None
    ends = [part.start() for part in _QUOTED_COMMENT_OR_END.finditer(code) if part[2]]
    starts = [0, *(end + 1 for end in ends)]
    statements = (code[start:end].strip() for start, end in zip(starts, [*ends, None], strict=True))
    return [statement for statement in statements if statement]
