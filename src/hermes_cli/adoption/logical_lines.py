"""Find the starts of statements in a text that holds notebook magics and so is not valid Python yet."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAGIC = re.compile(r"\s*(?:%%?[A-Za-z]|!|\?{1,2}[\w.])")
HELP = re.compile(r"\s*[\w.*]+\?{1,2}\s*$")
ASSIGNED = re.compile(r"\s*[\w.\[\]'\", ]+?\s*=\s*[!%][^=]")


def is_magic(line: str) -> bool:
    """Tell whether a line that starts a statement can only be a magic, never Python."""
    return any(pattern.match(line) for pattern in (MAGIC, HELP, ASSIGNED))


def statement_starts(lines: Sequence[str]) -> list[bool]:
    """Say for each line whether a statement starts there, not within brackets, a string or a continuation."""
    starts = []
    depth, quote, continued, in_magic = 0, "", False, False
    for line in lines:
        start = not (depth or quote or continued)
        starts.append(start)
        in_magic = is_magic(line) if start else in_magic
        continued = line.endswith("\\")
        if not in_magic:
            depth, quote, continued = _scan(line, depth, quote)
    return starts


def _scan(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Return the open brackets after a line, the quotes of an open string, and whether code goes on."""
    position, backslash = 0, line.endswith("\\")
    while position < len(line):
        character = line[position]
        if quote:
            if character == "\\":
                position += 1
            elif line.startswith(quote, position):
                position += len(quote) - 1
                quote = ""
        elif character == "#":
            return depth, "", False  # a backslash that ends a comment is a part of it
        elif character in "'\"":
            quote = character * 3 if line.startswith(character * 3, position) else character
            position += len(quote) - 1
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(0, depth - 1)
        position += 1
    return depth, quote if len(quote) == 3 or backslash else "", backslash
