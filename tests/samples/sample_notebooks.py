"""Notebooks of a few cells, and their conversion."""

from __future__ import annotations

from collections.abc import Sequence

from hermes_cli.adoption import AdoptionFinding, Conversion, JoinedCells, convert
from hermes_cli.adoption.joined_cells import join_cells
from hermes_cli.adoption.notebook import Cell, CellKind, FileFormat, Notebook, SourcePlace


def place_of(cell: int, line: int = 1) -> SourcePlace:
    return SourcePlace(file="a.ipynb", cell=cell, line=line, in_cell=True)


def joined(cells: Sequence[str], format: FileFormat = FileFormat.JUPYTER) -> JoinedCells:
    """A notebook that stands alone."""
    notebook = Notebook(
        file="a.ipynb",
        format=format,
        cells=tuple(
            Cell(kind=CellKind.CODE, source=source, first=place_of(number))
            for number, source in enumerate(cells, 1)
        ),
    )
    return join_cells(notebook, find=lambda _: None, read=lambda _: None)


def converted(
    cells: Sequence[str], findings: Sequence[AdoptionFinding] = (), *, script: bool = False
) -> Conversion:
    """The conversion of a notebook, or a script, of the project shop that stands alone and holds no credential."""
    source = joined(cells, FileFormat.SCRIPT if script else FileFormat.JUPYTER)
    return convert(source, project="shop", find_secret=lambda _: None, findings=findings)
