"""A notebook or a script as cells, each with its place in the user's file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path


class CellKind(StrEnum):
    """The content of a cell; `FOREIGN` is another language or a raw cell."""

    CODE = "code"
    TEXT = "text"
    SQL = "sql"
    FOREIGN = "foreign"


class FileFormat(StrEnum):
    """The format of the user's file."""

    SCRIPT = "script"
    PERCENT = "percent script"
    JUPYTER = "Jupyter notebook"
    DATABRICKS = "Databricks notebook"


@dataclass(frozen=True, kw_only=True)
class SourcePlace:
    """A line of the user's file; those of a Jupyter notebook are counted within their cell."""

    file: str
    cell: int | None
    line: int
    in_cell: bool = False

    def __str__(self) -> str:
        return (
            f"{self.file}: cell {self.cell}, line {self.line}" if self.in_cell else f"{self.file}:{self.line}"
        )


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell; `content` names what a foreign one holds."""

    kind: CellKind
    source: str
    first: SourcePlace
    content: str = ""

    def place(self, lines_down: int) -> SourcePlace:
        """Return the place of a line, counted from 0."""
        return replace(self.first, line=self.first.line + lines_down)


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A file as cells: `file` is its name in messages. `failed`: its last recorded run ended with an error."""

    file: str
    path: Path = Path()
    format: FileFormat
    cells: tuple[Cell, ...]
    failed: bool = False

    @property
    def shows_last_values(self) -> bool:
        """Tell whether a cell shows the value of its last line."""
        return self.format is not FileFormat.SCRIPT

    @property
    def keeps_docstring(self) -> bool:
        """Tell whether a text that comes first describes the whole file."""
        return self.format in (FileFormat.SCRIPT, FileFormat.PERCENT)
