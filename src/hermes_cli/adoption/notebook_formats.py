"""Read files of each format as cells: Jupyter and Databricks notebooks, percent scripts, plain scripts."""

from __future__ import annotations

import io
import json
import re
import shlex
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

from .notebook import Cell, CellKind, FileFormat, Notebook, SourcePlace

_DATABRICKS = re.compile(r"\s*(?P<comment>#|--|//) Databricks notebook source\s*$", re.MULTILINE)
_COMMAND = re.compile(r"# COMMAND -{10,}\s*$")
_MAGIC = re.compile(r"# ?MAGIC ?")
_PERCENT = re.compile(r"# ?%%(?:\s|$)(?P<rest>.*)")
_OTHER_LANGUAGES = {".r": "R", ".sql": "SQL", ".scala": "Scala", ".rmd": "R", ".jl": "Julia", ".sas": "SAS"}
_IN_PYTHON = "Hermes runs Python: rewrite it in Python first"
_CONTENTS = {
    "sql": "SQL",
    "scala": "Scala",
    "r": "R",
    "sh": "shell commands",
    "fs": "file commands",
    "md": "",
}
_TEXT = ("md", "markdown", "md-sandbox")
_PYTHON_2 = re.compile(
    r"^\s*(?:print\s+[\"'\w(%].*|exec\s+[\"'].*|raise\s+\w+\s*,.*|except\s+[\w.]+\s*,\s*\w+\s*:)", re.M
)


def read_notebook(path: Path, name: str) -> Notebook:
    """Read a file as cells; `name` is its name in messages.

    Raises `InvalidInput` for a file that is not a Python notebook or script, `HermesError` where it cannot be
    read.
    """
    language = _OTHER_LANGUAGES.get(path.suffix.lower())
    if language:
        raise InvalidInput(f"{name} is written in {language}", hint=_IN_PYTHON)
    if path.suffix.lower() not in (".py", ".ipynb"):
        raise InvalidInput(
            f"{name} is neither a script (.py) nor a notebook (.ipynb)", hint="export it as one of them"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HermesError(f"{printable(path)} cannot be read: {error.strerror}", hint=_near(path)) from None
    read = (
        _jupyter(data, name, path) if path.suffix.lower() == ".ipynb" else _script(_decoded(data, name), name)
    )
    return replace(read, path=path)


def printable(path: Path) -> str:
    """Return a path without characters that would end a string of Python or TOML, or a line."""
    return "".join(one if one.isprintable() and one not in '"\\' else "_" for one in str(path))


def _near(path: Path) -> str:
    """Return what to type to find a file that cannot be read."""
    beside = [
        printable(one) for one in path.parent.glob("*") if one.suffix in (".py", ".ipynb") and one != path
    ]
    folder = next((one for one in path.parents if one.is_dir()), Path())
    return did_you_mean(printable(path), beside) or f"ls -l {_quoted(folder)}"


def not_valid_python(error: SyntaxError, notebook: Notebook) -> InvalidInput:
    """Turn a syntax error into an error for its author, who may have written Python 2."""
    where = f"{notebook.file}:{error.lineno}" if error.lineno else notebook.file
    if any(_PYTHON_2.search(cell.source) for cell in notebook.cells):
        return InvalidInput(
            f"{where}: this is Python 2, which no cluster runs any more", hint=_to_python_3(notebook.path)
        )
    return InvalidInput(
        f"{where}: not valid Python: {error.msg}", hint="correct that line, and adopt it again"
    )


def _to_python_3(path: Path) -> str:
    return f"2to3 -w {_quoted(path)} (with a Python before 3.13), and adopt it again"


def _quoted(path: Path) -> str:
    return shlex.quote(printable(path))


def _decoded(data: bytes, name: str) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise InvalidInput(
            f"{name} is not UTF-8 text, and declares no other encoding",
            hint="save it as UTF-8, and adopt it again",
        ) from None
    if "\0" in text:
        raise InvalidInput(f"{name} is not text", hint="name a script or a notebook")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _script(text: str, name: str) -> Notebook:
    databricks = _DATABRICKS.match(text)
    if databricks:
        if databricks["comment"] != "#":
            raise InvalidInput(f"{name} is not a Python notebook", hint=_IN_PYTHON)
        return _notebook(name, FileFormat.DATABRICKS, _databricks_cells(text, name))
    lines = text.split("\n")
    if any(_PERCENT.match(line) for line in lines):
        return _notebook(name, FileFormat.PERCENT, _percent_cells(lines, name))
    cell = Cell(kind=CellKind.CODE, source=text, first=SourcePlace(file=name, cell=None, line=1))
    return _notebook(name, FileFormat.SCRIPT, iter([cell]))


def _notebook(name: str, format: FileFormat, cells: Iterator[Cell], *, failed: bool = False) -> Notebook:
    notebook = Notebook(file=name, format=format, cells=tuple(cells), failed=failed)
    for cell in notebook.cells:
        try:
            cell.source.encode()
        except UnicodeEncodeError:  # JSON can spell half a character
            raise InvalidInput(
                f"{cell.first} holds characters that cannot be written as UTF-8",
                hint="take them out, and adopt it again",
            ) from None
    if not any(cell.kind is not CellKind.TEXT and cell.source.strip() for cell in notebook.cells):
        raise InvalidInput(f"{name} holds no code", hint="name a notebook or a script that has some")
    return notebook


def _databricks_cells(text: str, name: str) -> Iterator[Cell]:
    lines = text.split("\n")
    blocks: list[tuple[int, list[str]]] = [(2, [])]
    for number, line in enumerate(lines[1:], 2):
        if _COMMAND.match(line):
            blocks.append((number + 1, []))
        else:
            blocks[-1][1].append(line)
    for count, (start, block) in enumerate(blocks, 1):
        while block and not block[0].strip():
            block.pop(0)
            start += 1
        while block and not block[-1].strip():
            block.pop()
        if not block:
            continue
        yield _databricks_cell(block, SourcePlace(file=name, cell=count, line=start))


def _databricks_cell(block: list[str], first: SourcePlace) -> Cell:
    code = [line for line in block if line.strip() and not line.startswith("# DBTITLE")]
    if not code or not all(_MAGIC.match(line) for line in code):
        # A line of magic between lines of Python.
        source = "\n".join(_MAGIC.sub("", line) if re.match(r"# ?MAGIC %", line) else line for line in block)
        return Cell(kind=CellKind.CODE, source=source, first=first)
    bare = [_MAGIC.sub("", line) if _MAGIC.match(line) else line for line in block]
    return _magic_cell("\n".join(bare), first)


def _magic_cell(source: str, first: SourcePlace) -> Cell:
    """Read a Databricks cell whose first line may name its language."""
    start = re.match(r"(?:\s*# DBTITLE[^\n]*\n|\s*\n)*\s*%([\w-]+)[ \t]*", source)
    language = start[1] if start else "python"
    if start is None or language not in (*_TEXT, *_CONTENTS):
        return Cell(kind=CellKind.CODE, source=source, first=first)
    # The lines before it stay as empty ones, so that places stay right.
    body = "\n" * source[: start.end()].count("\n") + source[start.end() :]
    if language in _TEXT:
        return Cell(kind=CellKind.TEXT, source=body, first=first)
    if language == "sql":
        return Cell(kind=CellKind.SQL, source=body, first=first)
    return Cell(kind=CellKind.FOREIGN, source=body, first=first, content=_CONTENTS[language])


def _percent_cells(lines: list[str], name: str) -> Iterator[Cell]:
    start = 0
    if lines[0].strip() == "# ---":  # jupytext's own header
        start = next((n + 1 for n, line in enumerate(lines[1:], 1) if line.strip() == "# ---"), 0)
    count, kind, block, first = 0, CellKind.CODE, list[str](), start + 1
    for number, line in enumerate([*lines[start:], None], start + 1):
        match = _PERCENT.match(line) if line is not None else None
        if match is None and line is not None:
            block.append(line)
            continue
        if any(one.strip() for one in block):
            count += 1
            yield _percent_cell(block, kind, SourcePlace(file=name, cell=count, line=first))
        rest = match["rest"] if match else ""
        kind = CellKind.TEXT if re.search(r"\[(?:markdown|md)\]", rest) else CellKind.CODE
        kind = CellKind.FOREIGN if "[raw]" in rest else kind
        block, first = [], number + 1


def _percent_cell(block: list[str], kind: CellKind, first: SourcePlace) -> Cell:
    if kind is CellKind.CODE:
        # jupytext writes magics as comments.
        lines = [re.sub(r"^(\s*)# (?=%[a-z]|![a-z])", r"\1", line) for line in block]
        return Cell(kind=kind, source="\n".join(lines), first=first)
    bare = [re.sub(r"^# ?", "", line) for line in block]
    bare = ["" if line.strip() == '"""' else line for line in bare]
    return Cell(kind=kind, source="\n".join(bare), first=first, content="raw text")


def _jupyter(data: bytes, name: str, path: Path) -> Notebook:
    import nbformat

    try:
        text = data.decode("utf-8-sig")
        raw = json.loads(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        cells = list(notebook["cells"])
    except UnicodeDecodeError:
        raise InvalidInput(f"{name} is not UTF-8 text", hint="save it again from Jupyter") from None
    except Exception as error:
        # nbformat lets through KeyError, AttributeError, its own errors and those of JSON.
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InvalidInput(
            f"{name} cannot be read as a Jupyter notebook: {reason}",
            hint="open it in Jupyter, and save it again",
        ) from None
    metadata = _table(raw.get("metadata"))
    _check_language(metadata, name, path)
    databricks = "application/vnd.databricks.v1+notebook" in metadata
    found = [
        _jupyter_cell(cell, SourcePlace(file=name, cell=n, line=1, in_cell=True), databricks)
        for n, cell in enumerate(cells, 1)
    ]
    failed = any(out.get("output_type") == "error" for cell in cells for out in cell.get("outputs", ()))
    return _notebook(
        name, FileFormat.DATABRICKS if databricks else FileFormat.JUPYTER, iter(found), failed=failed
    )


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _check_language(metadata: dict[str, Any], name: str, path: Path) -> None:
    kernel, info = _table(metadata.get("kernelspec")), _table(metadata.get("language_info"))
    language = str(info.get("name") or kernel.get("language") or "python").lower()
    if str(kernel.get("name", "")).lower() == "python2" or str(info.get("version", "3")).startswith("2."):
        raise InvalidInput(
            f"{name} is a Python 2 notebook, which no cluster runs any more",
            hint=f"jupyter nbconvert --to script {_quoted(path)}, then {_to_python_3(path.with_suffix('.py'))}",
        )
    if language not in ("python", "ipython", "pyspark", "sage"):
        raise InvalidInput(f"{name} is a notebook in {language}", hint=_IN_PYTHON)


def _jupyter_cell(cell: Any, first: SourcePlace, databricks: bool) -> Cell:
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(source or ())
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    kind = cell.get("cell_type")
    if kind == "markdown":
        return Cell(kind=CellKind.TEXT, source=source, first=first)
    if kind != "code":
        return Cell(kind=CellKind.FOREIGN, source=source, first=first, content="raw text")
    if databricks and re.match(r"\s*%(?!%)", source):
        return _magic_cell(source, first)
    return Cell(kind=CellKind.CODE, source=source, first=first)
