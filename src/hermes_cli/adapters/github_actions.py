"""Report a run to GitHub Actions: step outputs, the step summary, and workflow commands in its log."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hermes_cli.domain.check_rules import Level
from hermes_cli.domain.contract.errors import HermesError

OUTPUT_FILE, SUMMARY_FILE = "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"
# Bytes. A longer summary is not shown at all, and a job with longer outputs fails.
SUMMARY_LIMIT = OUTPUT_LIMIT = 1024 * 1024
_LONGEST_TEXT = 1000  # characters of one cell or error in a summary
_NOTE = 200  # bytes that are kept free to say that something was left out

# The runner trims each line, and obeys `::name …::` at its start and the older `##[name …]` anywhere.
_COMMAND = re.compile(r"^([^\S\n]*:)(?=:)", re.MULTILINE)
_OLD_COMMAND = "##["
# Terminals hide them, rich drops some, and a carriage return starts a line for the runner.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")
# Characters with a meaning in Markdown or HTML. A list or a heading cannot begin here: no text comes
# at the start of a line.
_MARKUP = re.compile(r"[&<>|`*_~\[\]\\#!$@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_PLACE = re.compile(r"(?:^|: )([^\s:]*[./][^\s:]*)(?::(\d+))?(?=: | |$)", re.MULTILINE)


# The name of each level in GitHub Actions.
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error or a warning, with a hint; `file` is relative to the top of the repo.

    Without a file, the first one that the message names is used.
    """

    message: str
    hint: str | None = None
    level: Level = Level.ERROR
    file: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A heading, one table, and what went wrong."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Problem, ...] = ()


# The log


def disarm(text: str) -> str:
    """Change a text so that no line is a workflow command; it reads the same otherwise."""
    return _COMMAND.sub(r"\1 ", _CONTROLS.sub("", text)).replace(_OLD_COMMAND, "## [")


def disarm_json(document: str) -> str:
    """Change a JSON text so that no line is a workflow command; its value stays the same."""
    # Only within a string can it hold that, or start a line with a colon.
    return document.replace(_OLD_COMMAND, r"#\u0023[")


def annotation(problem: Problem, *, title: str) -> str:
    """Return the workflow command that shows a problem beside the file it is in, and on the run's page."""
    numbers = {"line": problem.line, "col": problem.column} if problem.file else {}
    properties = {"title": title, "file": problem.file, **numbers}
    attributes = ",".join(
        f"{name}={escape_property(str(value))}" for name, value in properties.items() if value
    )
    message = f"{problem.message}\nnext: {problem.hint}" if problem.hint else problem.message
    return f"::{_LEVELS[problem.level]} {attributes}::{escape_data(message)}"


def escape_data(text: str) -> str:
    """Escape a text for the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a text for a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def places(message: str) -> tuple[tuple[str, int | None], ...]:
    """Return the files and lines that a message may name, as in `shop/pyproject.toml:3: no version`."""
    return tuple((file, int(line) if line else None) for file, line in _PLACE.findall(message))


def locate(problem: Problem, folder: Path, environ: Mapping[str, str]) -> Problem:
    """Return the problem with its file as GitHub calls it: its own, else the first that its message names.

    Files are named from the top of the repo, which is `folder` or one above it.
    """
    file, line = (
        _find_place([(problem.file, problem.line)], folder, environ)
        if problem.file
        else _find_place(places(problem.message), folder, environ)
    )
    return replace(problem, file=file, line=line)


def _find_place(
    named: Sequence[tuple[str, int | None]], folder: Path, environ: Mapping[str, str]
) -> tuple[str | None, int | None]:
    try:
        here = folder.resolve()
        checkout = Path(environ.get("GITHUB_WORKSPACE") or here).resolve()
        bases = [base for base in (here, *here.parents) if base.is_relative_to(checkout)]
        for name, line in named:
            for base in bases:
                path = Path(os.path.normpath(base / name))
                if path.is_relative_to(checkout) and path.is_file():
                    return path.relative_to(checkout).as_posix(), line
    except OSError:  # the message may name something longer than a file name can be
        pass
    return None, None


# The files


def write_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Add a step's outputs to those it has. Raises `HermesError` where the file cannot be written.

    One that is longer than GitHub takes becomes empty: half a JSON document would be invalid.
    """
    fitting = {name: value if len(value) <= OUTPUT_LIMIT else "" for name, value in outputs.items()}
    text = "".join(output(name, value) for name, value in fitting.items())
    _append(environ, OUTPUT_FILE, lambda _: text)


def output(name: str, value: str) -> str:
    """Format one output, so that no value can end it early or add another one."""
    import secrets

    delimiter = f"hermes_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def write_summary(environ: Mapping[str, str], summary: Summary) -> None:
    """Add to the step's summary what fits into it. Raises `HermesError` where the file cannot be written."""

    def text(size: int) -> str:
        room = SUMMARY_LIMIT - size
        if room < 4 * (_NOTE + len(summary.title)):
            raise HermesError(f"{SUMMARY_FILE} has no room left: GitHub takes {SUMMARY_LIMIT} bytes a step")
        # An empty line ends whatever a program before this one wrote.
        return ("\n" if size else "") + markdown(summary, room - 1)

    _append(environ, SUMMARY_FILE, text)


def markdown(summary: Summary, room: int = SUMMARY_LIMIT) -> str:
    """Format a summary as Markdown of at most `room` bytes; rows and then problems are left out where it is longer."""
    title = f"### {escape_markdown(summary.title)}\n"
    problems = [f"- {_item(problem)}\n" for problem in summary.problems]
    shown, problems_note = _within(problems, room // 2)
    below = "".join(["\n", *shown, problems_note] if problems else [])
    rows = [_row(row) for row in summary.rows]
    head = ["\n", _row(summary.columns), _row(["---"] * len(summary.columns))] if rows else []
    taken = sum(len(text.encode()) for text in (title, *head, below))
    table, table_note = _within(rows, room - taken)
    return "".join([title, *head, *table, table_note, below])


def escape_markdown(text: str) -> str:
    """Escape a text to one line without markup, in which invisible characters are named."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(line) > _LONGEST_TEXT:
        line = line[:_LONGEST_TEXT] + "…"
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", line)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escape_markdown, cells))} |\n"


def _item(problem: Problem) -> str:
    # Other programs' lines follow the first one. They stay in the log, where GitHub masks secrets:
    # it would not know them here, once they are escaped.
    first, _, more = problem.message.strip().partition("\n")
    place = (
        f"{problem.file}:{problem.line}: " if problem.line else f"{problem.file}: " if problem.file else ""
    )
    item = f"**{problem.level.value}**: {escape_markdown(place + first)}"
    if more:
        item += " (more in the log)"
    return f"{item}<br>next: {escape_markdown(problem.hint)}" if problem.hint else item


def _within(lines: Sequence[str], room: int) -> tuple[Sequence[str], str]:
    """Return the first of the lines that fit into so many bytes, and a note on how many do not."""
    sizes = [len(line.encode()) for line in lines]
    if sum(sizes) <= room:
        return lines, ""
    count, left = 0, room - _NOTE
    while sizes[count] <= left:
        left -= sizes[count]
        count += 1
    return lines[:count], f"\n{len(lines) - count} more do not fit here: see the log\n"


def _append(environ: Mapping[str, str], name: str, text: Callable[[int], str]) -> None:
    """Add to one of the files that GitHub names; `text` gets the number of bytes that are in it."""
    path = environ.get(name)
    if not path:
        return
    try:
        with Path(path).open("a+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            if file.read(1) not in (b"", b"\n"):
                file.write(b"\n")
                size += 1
            file.write(text(size).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise HermesError(f"{name}: {path} cannot be written: {error.strerror or error}") from error
