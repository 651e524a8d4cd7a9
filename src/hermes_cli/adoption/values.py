"""What adoption reads and what it leaves: cells, lines with their places, findings, parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

# What kind of credential a text holds, as a noun with its article; None where it holds none.
SecretFinder = Callable[[str], str | None]

MARK = "TODO(hermes adopt)"  # stands in the code where something is left to do


def quoted(text: str) -> str:
    """A text between quotes, on one line; a backslash stays one."""
    return repr(text).replace("\\\\", "\\")


class CellKind(StrEnum):
    """What a cell holds; `FOREIGN` is another language or a raw cell."""

    CODE = "code"
    TEXT = "text"
    SQL = "sql"
    FOREIGN = "foreign"


class Form(StrEnum):
    """How the file was written."""

    SCRIPT = "script"
    PERCENT = "percent script"
    JUPYTER = "Jupyter notebook"
    DATABRICKS = "Databricks notebook"


@dataclass(frozen=True, kw_only=True)
class SourcePlace:
    """Where a line stands in what the user wrote; lines of a Jupyter notebook count within their cell."""

    file: str
    cell: int | None
    line: int
    in_cell: bool = False

    def __str__(self) -> str:
        return (
            f"{self.file}: cell {self.cell}, line {self.line}" if self.in_cell else f"{self.file}:{self.line}"
        )


@dataclass(frozen=True, kw_only=True)
class AdoptionFinding:
    """One thing to know; `todo` says what is left to do, and is None where nothing is."""

    place: SourcePlace
    what: str
    todo: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell; `language` names what a foreign one is written in."""

    kind: CellKind
    source: str
    first: SourcePlace
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A file as cells. `failed` tells that its last run on record ended with an error."""

    file: str
    form: Form
    cells: tuple[Cell, ...]
    failed: bool = False

    @property
    def echoes(self) -> bool:
        """Whether a cell shows the value of its last line."""
        return self.form in (Form.JUPYTER, Form.DATABRICKS)


@dataclass(kw_only=True)
class SourceText:
    """Lines of Python, each with the place that it comes from."""

    lines: list[str] = field(default_factory=list)
    places: list[SourcePlace] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines, as one module."""
        return "".join(f"{line}\n" for line in self.lines)

    def add(self, line: str, place: SourcePlace) -> None:
        """Append a line."""
        self.lines.append(line)
        self.places.append(place)

    def place(self, line: int) -> SourcePlace:
        """Where line `line` (from 1) comes from."""
        return self.places[min(line, len(self.places)) - 1]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What the script can be told; `default` None makes it required, unless `optional`."""

    option: str
    attribute: str
    default: str | None
    choices: tuple[str, ...] = ()
    label: str = ""
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Import:
    """A module that the code imports, by its whole name."""

    module: str
    place: SourcePlace

    @property
    def top(self) -> str:
        """Its top-level package."""
        return self.module.partition(".")[0]
