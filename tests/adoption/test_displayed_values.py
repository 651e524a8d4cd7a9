"""The last value of a cell is printed where the file has cells, as a notebook or an editor shows it."""

from __future__ import annotations

import pytest

from hermes_cli.adoption import convert
from hermes_cli.adoption.notebook import FileFormat
from sample_notebooks import joined

CELLS = ['"""Counts sales."""', "x = [1, 2]\nx", "def f(): return None\nf()", "x;", "# a comment\n'words'"]


def lines_of(format: FileFormat) -> list[str]:
    text = convert(joined(CELLS, format), project="shop", find_secret=lambda _: None).text
    assert '"""Counts sales."""' in text
    return [line.strip() for line in text.splitlines() if "display(" in line and "def " not in line]


@pytest.mark.parametrize("format", [FileFormat.JUPYTER, FileFormat.DATABRICKS])
def test_a_notebook_shows_the_last_value_of_each_cell(format: FileFormat) -> None:
    assert lines_of(format) == [
        'display("""Counts sales.""")',
        "display(x)",
        "display(f())",
        "display('words')",
    ]


def test_a_percent_script_does_too_but_not_its_docstring() -> None:
    assert lines_of(FileFormat.PERCENT) == ["display(x)", "display(f())", "display('words')"]


def test_a_plain_script_shows_nothing() -> None:
    assert lines_of(FileFormat.SCRIPT) == []
