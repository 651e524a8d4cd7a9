"""The cells of a notebook as the lines of one Python source, each with its place."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hermes_cli.domain.contract.run_specification import secret_name

from .logical_lines import is_magic, statement_starts
from .magics import requirement_lines, translate, unwrapped
from .values import MARK, AdoptionFinding, Cell, CellKind, Form, Notebook, SourcePlace, SourceText

# A notebook beside another, by the path that %run names; None where there is none.
NotebookFinder = Callable[[str], Notebook | None]
# The text of a list of requirements beside it.
FileFinder = Callable[[str], str | None]

_SQL_PARAMETER = re.compile(r"\$\{?\w|\{\{|(?<![:\w]):[A-Za-z_]|\?")
_SQL_PART = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/)|(;)", re.DOTALL)
_DATA_IMAGE = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]{40,}")
_NO_CODE = frozenset({"html", "javascript", "js", "latex", "markdown", "svg", "md"})


@dataclass(kw_only=True)
class Flat:
    """A source that is valid Python, and what was met on the way to it."""

    source: SourceText = field(default_factory=SourceText)
    findings: list[AdoptionFinding] = field(default_factory=list)
    requirements: list[tuple[str, SourcePlace]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    titles: list[str] = field(default_factory=list)
    marks: dict[SourcePlace, list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def note(self, place: SourcePlace, what: str, todo: str | None = None) -> None:
        """Record a finding."""
        self.findings.append(AdoptionFinding(place=place, what=what, todo=todo))

    def ask(self, place: SourcePlace, what: str, todo: str) -> None:
        """Record a finding that is left to do, and mark its line in the code."""
        self.note(place, what, todo)
        self.mark(place, f"{what}: {todo}")

    def mark(self, place: SourcePlace, remark: str) -> None:
        """Put a remark above a line of the code."""
        self.marks.setdefault(place, []).append(remark)

    def mark_told(self, finding: AdoptionFinding) -> None:
        """Mark a place that somebody else has told of: above its line, also where that is a comment by now."""
        remark = f"{finding.what}: {finding.todo}"
        number = self.source.places.index(finding.place)
        if self.source.lines[number].startswith("#"):
            self.source.lines.insert(number, f"# {MARK}: {remark}")
            self.source.places.insert(number, finding.place)
        else:
            self.mark(finding.place, remark)

    def secret(self, hint: str, value: str) -> str:
        """The variable for a secret, named after a hint; the same for the same value, or whatever stands for it."""
        stem, number = secret_name(hint), 1
        name = stem
        while self.secrets.setdefault(name, value) != value:
            number += 1
            name = f"{stem}_{number}"
        return name


class Flattener:
    """Turns notebooks into one source; %run is put in its place, as Databricks runs it."""

    def __init__(self, find: NotebookFinder, read: FileFinder) -> None:
        self.flat = Flat()
        self._find = find
        self._read = read
        self._above: list[str] = []

    def add(self, notebook: Notebook) -> Flat:
        """Append all cells of a notebook."""
        self._above.append(notebook.file)
        for cell in notebook.cells:
            if cell.kind is CellKind.CODE:
                self._code(cell, notebook)
            elif cell.kind is CellKind.SQL:
                self._sql(cell)
            elif cell.kind is CellKind.TEXT:
                self._text(cell)
            else:
                self._foreign(cell, cell.language)
            self.flat.source.add("", _at(cell, cell.source.count("\n")))
        self._above.pop()
        return self.flat

    def _text(self, cell: Cell) -> None:
        text = _DATA_IMAGE.sub("", cell.source)
        if text != cell.source:
            self.flat.note(cell.first, "an image within the text is left out")
        title = re.search(r"^#+\s*(.+?)\s*$", text, re.MULTILINE)
        if title:
            self.flat.titles.append(title[1])
        for number, line in enumerate(text.strip("\n").split("\n")):
            self.flat.source.add(f"# {line.rstrip()}".rstrip(), _at(cell, number))

    def _foreign(self, cell: Cell, language: str, *, harmless: bool = False) -> None:
        todo = None if harmless else "write in Python what it does"
        if cell.source.strip():
            self.flat.note(cell.first, f"a cell of {language} is left out", todo)
            if todo:
                self.flat.source.add(f"# TODO(hermes adopt): a cell of {language}: {todo}", cell.first)
        self._commented(cell)

    def _commented(self, cell: Cell) -> None:
        for number, line in enumerate(cell.source.split("\n")):
            self.flat.source.add(f"# {line.rstrip()}".rstrip(), _at(cell, number))

    def _sql(self, cell: Cell) -> None:
        code = _SQL_PART.sub(lambda part: "" if part[1] and part[1][0] in "-/" else part[0], cell.source)
        statements, start = [], 0
        for part in _SQL_PART.finditer(code):
            if part[2]:
                statements.append(code[start : part.start()])
                start = part.end()
        statements = [one.strip() for one in (*statements, code[start:]) if one.strip()]
        if _SQL_PARAMETER.search(code) or '"""' in code or "\\" in code:
            todo = "write it with spark.sql, and give it its parameters"
            self.flat.note(cell.first, "a cell of SQL with parameters is left out", todo)
            self.flat.source.add(f"# TODO(hermes adopt): a cell of SQL with parameters: {todo}", cell.first)
            self._commented(cell)
            return
        for statement in statements:
            lines = f'_sqldf = spark.sql("""\n{statement}\n""")\ndisplay(_sqldf)'.split("\n")
            for number, line in enumerate(lines):
                self.flat.source.add(line, _at(cell, min(number, cell.source.count("\n"))))

    def _code(self, cell: Cell, notebook: Notebook) -> None:
        source = cell.source
        first = next((line for line in source.split("\n") if line.strip()), "")
        while match := re.match(r"%%(\w+)\s*(.*)", first):
            skipped = source[: source.index(first)].count("\n") + 1
            place, body = _at(cell, skipped - 1), "\n".join(source.split("\n")[skipped:])
            name = match[1]
            if name not in ("time", "capture", "python", "python3"):
                self._cell_magic(cell, name)
                return
            self.flat.note(place, f"%%{name} left out: it has a meaning in a notebook only")
            self.flat.source.add(f"# {first.strip()}", place)
            cell = replace(cell, source=body, first=_at(cell, skipped))
            source = body
            first = next((line for line in source.split("\n") if line.strip()), "")
        start = len(self.flat.source.lines)
        self._lines(cell)
        error = _error(self.flat.source.lines[start:])
        if error is not None:
            place = self.flat.source.places[start + min(max(error.lineno or 1, 1), _count(cell)) - 1]
            if notebook.form is Form.SCRIPT:
                raise error
            del self.flat.source.lines[start:], self.flat.source.places[start:]
            todo = "mend it, and put it back"
            self.flat.note(place, f"its cell is not valid Python and is left out: {error.msg}", todo)
            self.flat.source.add(f"# TODO(hermes adopt): not valid Python ({error.msg}): {todo}", cell.first)
            self._commented(cell)

    def _cell_magic(self, cell: Cell, name: str) -> None:
        if name == "timeit":
            self.flat.note(cell.first, "a cell that measures time (%%timeit) is left out")
            self._commented(cell)
        else:
            self._foreign(cell, f"%%{name}", harmless=name in _NO_CODE)

    def _lines(self, cell: Cell) -> None:
        lines = [unwrapped(line) for line in cell.source.split("\n")]
        starts = statement_starts(lines)
        rest_of_magic = False
        for number, (line, starting) in enumerate(zip(lines, starts, strict=True)):
            place = _at(cell, number)
            if rest_of_magic and not starting:
                self.flat.source.add(f"# {line.strip()}", place)
                continue
            rest_of_magic = starting and is_magic(line)
            if not rest_of_magic:
                self.flat.source.add(line, place)
                continue
            whole = line
            following = number
            while whole.endswith("\\") and following + 1 < len(lines):
                following += 1
                whole = whole[:-1] + " " + lines[following].strip()
            self._magic(whole, line, place)

    def _magic(self, whole: str, line: str, place: SourcePlace) -> None:
        indent = line[: len(line) - len(line.lstrip())]
        magic = translate(whole)
        self.flat.requirements += [(requirement, place) for requirement in magic.requirements]
        self.flat.imports |= magic.imports
        for file in magic.files:
            self._requirements(file, place)
        if magic.runs is not None and self._ran(magic.runs, indent, place):
            return
        what, todo = magic.what, magic.todo
        if magic.runs is not None:
            what, todo = f"%run {magic.runs} is left out: it is not there to be read", "put its code here"
        if what:
            self.flat.note(place, what, todo)
        if magic.code is not None:
            self.flat.source.add(indent + magic.code, place)
            return
        comment = f"# TODO(hermes adopt): {line.strip()}" if todo else f"# {line.strip()}"
        self.flat.source.add(f"{indent}pass  {comment}" if indent else comment, place)

    def _ran(self, path: str, indent: str, place: SourcePlace) -> bool:
        other = None if indent else self._find(path)
        if other is None or other.file in self._above:
            return False
        self.flat.note(place, f"%run {path}: the cells of {other.file} stand here now")
        self.flat.source.add(f"# %run {path}", place)
        self.add(other)
        return True

    def _requirements(self, file: str, place: SourcePlace) -> None:
        text = self._read(file)
        if text is None:
            self.flat.note(place, f"installs what {file} lists, which is not there", "declare it: hermes add")
            return
        good, strange = requirement_lines(text)
        self.flat.requirements += [(requirement, place) for requirement in good]
        if strange:
            self.flat.note(
                place, f"{file} lists what is no package: {', '.join(strange)}", "declare it: hermes add"
            )


def _at(cell: Cell, lines_down: int) -> SourcePlace:
    return replace(cell.first, line=cell.first.line + lines_down)


def _count(cell: Cell) -> int:
    return cell.source.count("\n") + 1


def _error(lines: list[str]) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(
                "\n".join(lines) + "\n", "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
            )
        except SyntaxError as error:
            return error
        except (ValueError, MemoryError, RecursionError) as error:
            return SyntaxError(str(error) or "it is nested too deeply")
    return None
