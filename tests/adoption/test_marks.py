"""Marks of what is left to do stand in the adopted code, wherever the line went."""

from __future__ import annotations

import pytest

from hermes_cli.adoption import AdoptionFinding, convert
from sample_notebooks import converted, joined, place_of


def missing(cell: int, line: int = 1) -> AdoptionFinding:
    return AdoptionFinding(place=place_of(cell, line), what=f"missing {cell}.{line}", todo="find it")


def above(text: str, code: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return lines[lines.index(code) - 1]


CELLS = [
    "%pip install acme\ndef f():\n    return 1",
    "import acme\nx = 1\n%pip install two",
    "if x:\n    import three",
]
CODE = {
    (1, 1): "# %pip install acme",
    (1, 3): "def f():",
    (2, 1): "import acme",
    (2, 3): "# %pip install two",
    (3, 2): "if x:",
}


@pytest.mark.parametrize(("place", "code"), CODE.items())
def test_a_mark_is_above_its_statement_or_comment(place: tuple[int, int], code: str) -> None:
    made = converted(CELLS, [missing(*place)])
    assert above(made.text, code) == f"# TODO(hermes adopt): missing {place[0]}.{place[1]}: find it"
    assert made.text.count("TODO(hermes adopt)") == 1
    assert made.findings[-1].todo
    assert not made.runs_alone
    compile(made.text, "adopted", "exec")


def test_a_line_is_marked_also_where_an_edit_takes_it_away() -> None:
    made = converted(["x = 1\ndbutils.notebook.exit(\n    1,\n    '/home/me/x.csv')\ny = 2"])
    assert "is a path of one machine" in above(made.text, "print()")


def test_the_same_mark_stands_once() -> None:
    assert converted(CELLS, [missing(2), missing(2)]).text.count("TODO(hermes adopt)") == 1


def test_a_conversion_leaves_the_joined_cells_as_they_were() -> None:
    cells = joined(CELLS)
    before = (cells.source.text, cells.findings)
    first = convert(cells, project="shop", find_secret=lambda _: None, findings=[missing(1)])
    assert convert(cells, project="shop", find_secret=lambda _: None, findings=[missing(1)]) == first
    assert (cells.source.text, cells.findings) == before


@pytest.mark.parametrize("magic", ["time", "capture", "python", "python3"])
def test_a_cell_whose_magic_means_nothing_in_a_script_is_kept(magic: str) -> None:
    made = converted([f"%%{magic}\ny = 1\nprint(y)"])
    assert "    y = 1" in made.text
    assert [one.todo for one in made.findings] == [None]
