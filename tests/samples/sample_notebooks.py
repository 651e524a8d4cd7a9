"""Notebooks of a few cells, and their conversion."""

from __future__ import annotations

from collections.abc import Sequence

from hermes_cli.adoption.convert import Conversion, convert
from hermes_cli.adoption.values import Cell, CellKind, Form, Notebook, SourcePlace


def notebook_of(cells: Sequence[str], form: Form = Form.JUPYTER) -> Notebook:
    return Notebook(
        file="a.ipynb",
        form=form,
        cells=tuple(
            Cell(
                kind=CellKind.CODE,
                source=source,
                first=SourcePlace(file="a.ipynb", cell=number, line=1, in_cell=True),
            )
            for number, source in enumerate(cells, 1)
        ),
    )


def converted(cells: Sequence[str]) -> Conversion:
    """The conversion of a notebook that stands alone and holds no credential."""
    return convert(
        notebook_of(cells), find=lambda _: None, read=lambda _: None, secret=lambda _: None, local=()
    )
