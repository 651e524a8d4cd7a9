"""Where a statement starts in the lines of a cell, and which lines are magics."""

from __future__ import annotations

import io
import tokenize

import pytest

from hermes_cli.adoption.logical_lines import is_magic, statement_starts

# Each line of a cell with + where a statement starts, else a space.
CELLS = {
    "one a line": "+x = 1\n+\n+y = 2",
    "a backslash goes on": "+x = 1 + \\\n     2\n+y",
    "two backslashes in a row": "+x = 1 \\\n    + 2 \\\n    + 3\n+y",
    "a magic goes on": "+!echo a \\\n   b \\\n   (c\n+y",
    "a magic ends with a bracket or a quote": "+!echo it's (\n+y",
    "a backslash before a quote": "+x = 'it\\'s ('\n+y",
    "a double backslash before the quote": "+x = 'a\\\\'\n+y = '('\n+z",
    "a backslash before three quotes": "+x = '''a\\'''\n b (\n ''' + (\n 1)\n+y",
    "a string over lines by a backslash": "+x = 'a\\\n b (\\\n c'\n+y",
    "a comment ends no line": "+x = 1  # a (\n+y  # '\n+z",
    "a backslash in a comment": "+x = 1  # a \\\n+y\n+z",
    "brackets": "+f(1,\n [2,\n 3], {\n }\n )\n+y",
    "a closing bracket too many": "+)\n+(\n )\n+y",
    "a quote of the other kind": "+x = \"it's (\"\n+y = '\"('\n+z",
    "three quotes of the other kind": '+x = """a\n \'\'\' (\n b"""\n+y',
    "a quote beside three": "+x = ''''(\n '''\n+y = '''a''''('\n+z",
    "a quote within three": "+x = '''it's\n \"(\n '''\n+y",
    "an open quote ends with its line": "+x = 'a (\n+y",
    "what looks like a magic goes on": "+f(\n %time\n !x\n )\n+%time y\n+z",
    "a percent after a backslash": "+x = a \\\n     %b\n+y",
}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_where_statements_start(cell: str) -> None:
    lines = cell.split("\n")
    starts = statement_starts([line[1:] for line in lines])
    assert "".join("+" if one else " " for one in starts) == "".join(line[0] for line in lines)


def in_python(cell: str) -> str | None:
    """The cell without its marks, if it is Python."""
    text = "\n".join(line[1:] for line in cell.split("\n"))
    try:
        compile(text, "cell", "exec")
    except SyntaxError:
        return None
    return text


@pytest.mark.parametrize("text", [text for cell in CELLS.values() if (text := in_python(cell)) is not None])
def test_python_agrees(text: str) -> None:
    begun, fresh = [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            fresh = fresh or token.type == tokenize.NEWLINE
        else:
            begun += [token.start[0]] if fresh else []
            fresh = False
    lines = text.split("\n")
    assert begun == [n for n, one in enumerate(statement_starts(lines), 1) if one and lines[n - 1]]


@pytest.mark.parametrize(
    "line",
    ["%time x", "  %%sql", "!ls", "?x", "??x.y", "x?", "x.y??", "  np.*?", "x = !ls", "a.b['c'] = %time f()"],
)
def test_a_magic(line: str) -> None:
    assert is_magic(line)


@pytest.mark.parametrize(
    "line", ["x % y", "x != 1", "x = y % 2", "x == !", "x = 1", "% 2", "f('?')", "", "x: ?"]
)
def test_no_magic(line: str) -> None:
    assert not is_magic(line)
