"""Join the cells of a notebook to one Python source, each line with its place."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .findings import AdoptionFinding, todo_comment
from .imports import Import, imports_of
from .logical_lines import is_magic, statement_starts
from .magics import requirement_lines, translate, unwrapped
from .notebook import Cell, CellKind, FileFormat, Notebook, SourcePlace
from .source_text import SourceText
from .sql_cells import sql_statements

# Returns a notebook beside another, by the path that %run names; None where there is none.
NotebookFinder = Callable[[str], Notebook | None]
# Returns the text of a list of requirements beside it.
FileFinder = Callable[[str], str | None]

_DATA_IMAGE = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]{40,}")
_WITHOUT_CODE = frozenset({"html", "javascript", "js", "latex", "markdown", "svg", "md"})
_WITHOUT_MEANING = frozenset({"time", "capture", "python", "python3"})


@dataclass(frozen=True, kw_only=True)
class JoinedCells:
    """A notebook as one valid Python source.

    `installs` are the requirements that it installs, `magic_modules` the modules that its translated magics
    use, each with the line, `neighbors` the modules beside the file.
    """

    notebook: Notebook
    source: SourceText
    imports: tuple[Import, ...]
    findings: tuple[AdoptionFinding, ...]
    installs: tuple[tuple[str, SourcePlace], ...]
    magic_modules: frozenset[tuple[int, str]]
    titles: tuple[str, ...]
    neighbors: frozenset[str]


def join_cells(
    notebook: Notebook, *, find: NotebookFinder, read: FileFinder, neighbors: Iterable[str] = ()
) -> JoinedCells:
    """Join all cells; a notebook that %run names is put in its place, as Databricks runs it.

    Raises `SyntaxError` for a script that is not valid Python; a cell that is not becomes a comment.
    """
    joiner = _Joiner(find, read)
    joiner.add(notebook)
    return JoinedCells(
        notebook=notebook,
        source=joiner.source,
        imports=tuple(imports_of(joiner.source)),
        findings=tuple(joiner.findings),
        installs=tuple(joiner.installs),
        magic_modules=frozenset(joiner.modules),
        titles=tuple(joiner.titles),
        neighbors=frozenset(neighbors),
    )


class _Joiner:
    def __init__(self, find: NotebookFinder, read: FileFinder) -> None:
        self.source = SourceText()
        self.findings: list[AdoptionFinding] = []
        self.installs: list[tuple[str, SourcePlace]] = []
        self.modules: set[tuple[int, str]] = set()
        self.titles: list[str] = []
        self._find = find
        self._read = read
        self._running: list[str] = []

    def add(self, notebook: Notebook) -> None:
        self._running.append(notebook.file)
        for cell in notebook.cells:
            if cell.kind is CellKind.CODE:
                self._code(cell, notebook)
            elif cell.kind is CellKind.SQL:
                self._sql(cell)
            elif cell.kind is CellKind.TEXT:
                self._text(cell)
            else:
                self._foreign(cell, cell.content)
            self.source.add("", cell.place(cell.source.count("\n")))
        self._running.pop()

    def _note(self, place: SourcePlace, what: str, todo: str | None = None) -> None:
        self.findings.append(AdoptionFinding(place=place, what=what, todo=todo))

    def _leave_out(self, cell: Cell, place: SourcePlace, what: str, todo: str | None = None) -> None:
        """Keep a cell as a comment."""
        self._note(place, what, todo)
        if todo:
            self.source.add(self.findings[-1].comment, cell.first)
        self._comment(cell, cell.source)

    def _comment(self, cell: Cell, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            self.source.add(f"# {line.rstrip()}".rstrip(), cell.place(number))

    def _text(self, cell: Cell) -> None:
        text = _DATA_IMAGE.sub("", cell.source)
        if text != cell.source:
            self._note(cell.first, "an image in the text is left out")
        title = re.search(r"^#+\s*(.+?)\s*$", text, re.MULTILINE)
        if title:
            self.titles.append(title[1])
        self._comment(cell, text.strip("\n"))

    def _foreign(self, cell: Cell, content: str) -> None:
        if cell.source.strip():
            self._leave_out(
                cell, cell.first, f"a cell of {content} is left out", "write in Python what it does"
            )

    def _sql(self, cell: Cell) -> None:
        statements = sql_statements(cell.source)
        if statements is None:
            todo = "run it with spark.sql, and pass its parameters"
            self._leave_out(cell, cell.first, "a cell of SQL with parameters is left out", todo)
            return
        for statement in statements:
            lines = f'_sqldf = spark.sql("""\n{statement}\n""")\ndisplay(_sqldf)'.split("\n")
            for number, line in enumerate(lines):
                self.source.add(line, cell.place(min(number, cell.source.count("\n"))))

    def _code(self, cell: Cell, notebook: Notebook) -> None:
        while match := re.match(r"(?:[^\S\n]*\n)*%%(\w+)[^\n]*", cell.source):
            skipped = match[0].count("\n")
            name, place = match[1], cell.place(skipped)
            if name == "timeit":
                self._leave_out(cell, cell.first, "a cell that measures time (%%timeit) is left out")
                return
            if name in _WITHOUT_CODE:
                self._leave_out(cell, cell.first, f"a cell of %%{name} is left out")
                return
            if name not in _WITHOUT_MEANING:
                self._foreign(cell, f"%%{name}")
                return
            self._note(place, f"%%{name} is left out: it has a meaning in a notebook only")
            self.source.add(f"# {match[0].strip()}", place)
            cell = replace(cell, source=cell.source[match.end() + 1 :], first=cell.place(skipped + 1))
        start = len(self.source.lines)
        self._lines(cell)
        error = _syntax_error(self.source.lines[start:])
        if error is not None:
            if notebook.format is FileFormat.SCRIPT:
                raise error
            place = self.source.places[
                start + min(max(error.lineno or 1, 1), cell.source.count("\n") + 1) - 1
            ]
            del self.source.lines[start:], self.source.places[start:]
            self.modules = {(line, module) for line, module in self.modules if line <= start}
            what = f"its cell is not valid Python and is left out: {error.msg}"
            self._leave_out(cell, place, what, "correct it, and put it back")

    def _lines(self, cell: Cell) -> None:
        lines = [unwrapped(line) for line in cell.source.split("\n")]
        starts = statement_starts(lines)
        rest_of_magic = False
        for number, (line, starting) in enumerate(zip(lines, starts, strict=True)):
            place = cell.place(number)
            if rest_of_magic and not starting:
                self.source.add(f"# {line.strip()}", place)
                continue
            rest_of_magic = starting and is_magic(line)
            if not rest_of_magic:
                self.source.add(line, place)
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
        self.installs += [(requirement, place) for requirement in magic.requirements]
        for file in magic.files:
            self._requirements(file, place)
        if magic.runs is not None and self._ran(magic.runs, indent, place):
            return
        what, todo = magic.what, magic.todo
        if magic.runs is not None:
            what, todo = f"%run {magic.runs} is left out: there is no such file to read", "put its code here"
        if what:
            self._note(place, what, todo)
        if magic.code is not None:
            self.source.add(indent + magic.code, place)
            self.modules |= {(len(self.source.lines), module) for module in magic.modules}
            return
        comment = todo_comment(line.strip()) if todo else f"# {line.strip()}"
        self.source.add(f"{indent}pass  {comment}" if indent else comment, place)

    def _ran(self, path: str, indent: str, place: SourcePlace) -> bool:
        other = None if indent else self._find(path)
        if other is None or other.file in self._running:
            return False
        self._note(place, f"%run {path}: replaced by the cells of {other.file}")
        self.source.add(f"# %run {path}", place)
        self.add(other)
        return True

    def _requirements(self, file: str, place: SourcePlace) -> None:
        text = self._read(file)
        if text is None:
            what = f"installs the packages that {file} lists, and there is no such file"
            self._note(place, what, "declare them: hermes add PACKAGE")
            return
        good, strange = requirement_lines(text)
        self.installs += [(requirement, place) for requirement in good]
        if strange:
            what = f"{file} lists what is not in a package index: {', '.join(strange)}"
            self._note(place, what, "publish it to a package index, and declare it: hermes add PACKAGE")


def _syntax_error(lines: list[str]) -> SyntaxError | None:
    source = "\n".join(lines) + "\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError as error:
            return error
        except (ValueError, MemoryError, RecursionError) as error:
            return SyntaxError(str(error) or "it is nested too deeply")
    return None
