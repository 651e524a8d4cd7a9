"""Print the results on stdout and everything else on stderr; nothing else of Hermes prints."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO

from hermes_cli.domain.contract.errors import HermesError

from .ci_report import Report
from .column_widths import fitted
from .redaction import without_secrets
from .terminal import can_redraw, columns, has_colours, styled

if TYPE_CHECKING:
    from hermes_cli.domain.events import Event, Listener

    from .redrawing import Display

_SCHEMA = 1
# How results are written to stdout; a command may have further ways.
TEXT, JSON = "text", "json"


class Printer:
    """The output of one command, in the format and to the streams that its user wants."""

    def __init__(
        self,
        *,
        command: str,
        output: str = TEXT,
        no_input: bool = False,
        debug: bool = False,
        report: Report | None = None,
    ) -> None:
        self.command = command
        self.output = output
        self.no_input = no_input
        self.debug = debug
        self.report = report or Report()
        self._display: Display | None = None

    @property
    def wants_text(self) -> bool:
        """Return whether stdout is for people; else it gets one document and nothing else."""
        return self.output == TEXT

    @property
    def may_ask(self) -> bool:
        """Return whether a person can answer a question."""
        return not self.no_input and self.wants_text and sys.stdin.isatty() and sys.stderr.isatty()

    def tell(self, event: Event) -> None:
        """Show a step of the work, as a plain line on stderr."""
        if event.warning:
            self._err(f"{event.subject}: {event.message}", style="yellow")
            self.report.problem(f"{event.subject}: {event.message}", warning=True)
        elif self.wants_text and not event.ends:
            self._err(f"{event.subject}: {event.message}", style="dim")

    @contextmanager
    def progress(self) -> Iterator[Listener]:
        """Show the progress of many projects: live on a terminal, else in a few lines."""
        from .progress import Tally

        tally = Tally()
        if self.wants_text and can_redraw(sys.stderr):
            from .redrawing import Display

            self._display = Display(tally, sys.stderr, coloured=has_colours())

        def hear(event: Event) -> None:
            if event.warning or not self.wants_text:
                self.tell(event)
                return
            line = tally.hear(replace(event, subject=_shown(event.subject), message=_shown(event.message)))
            if line and self._display is None:
                self._err(line, style="dim")

        try:
            yield hear
        finally:
            if self._display is not None:
                self._display.end()

    def say(self, text: str = "", *, hang: int | None = None, wrap: bool = True) -> None:
        """Write a line of the result, unless stdout is for a document.

        On a terminal it is folded between words, unless it is a command to copy; its further lines begin
        in the column `hang`, else a little to the right of the first.
        """
        if self.wants_text:
            fold = wrap and sys.stdout.isatty()
            self._out(
                _wrapped(text, sys.stdout, 2 if hang is None else hang - _margin(text)) if fold else text
            )

    def advise(self, commands: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Write notes and the next commands to type on stderr, unless stdout is for a document."""
        if not self.wants_text:
            return
        for note in notes:
            self._err(f"note: {note}", style="yellow")
        if commands:
            self._err("next:")
        for one in commands:
            self._err(f"  {one}", style="bold", wrap=False)

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        indent: int = 0,
        prose: int | None = None,
    ) -> None:
        """Write a table that fits the terminal (or 80 columns), unless stdout is for a document.

        `prose` is the number of the column that holds sentences, which is folded before all others.
        """
        if not self.wants_text:
            return
        lines = [tuple(heads), *rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        room = columns(sys.stdout) - indent - 2 * (len(widths) - 1)
        fits = sum(widths) <= room
        # A table for a program or a file is never folded, and rich is loaded only to fold one.
        if not sys.stdout.isatty() or (fits and all(map(str.isascii, chain(*lines)))):
            for number, line in enumerate(lines):
                cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
                self._out(" " * indent + "  ".join(cells).rstrip(), style="" if number else "bold")
            return
        from rich.cells import cell_len
        from rich.console import Console
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head, width in zip(heads, fitted(lines, room, cell_len, prose), strict=True):
            table.add_column(head, overflow="fold", width=width)
        for row in lines[1:]:
            table.add_row(*(Text(_shown(cell)) for cell in row))
        Console(emoji=False).print(Padding(table, (0, 0, 0, indent)))  # `:a:` stays as it is

    def result(self, facts: Mapping[str, Any]) -> None:
        """Write the facts as one JSON object, if JSON is wanted."""
        if not self.report.wanted and self.output != JSON:
            return
        document = {"schema": _SCHEMA, "command": self.command, **facts}
        if self.report.wanted:
            self.report.document = json.dumps(document, default=_plain)
        if self.output == JSON:
            sys.stdout.write(self.report.safe_json(json.dumps(document, indent=2, default=_plain)) + "\n")

    def complain(self, error: HermesError) -> None:
        """Print the error of a part of the work, with its details and the next step."""
        if error.detail:
            detail = without_secrets(error.detail.rstrip(), os.environ)
            self._err(_indented(f"  {detail}"), style="dim")
        self.complain_of(error.message, error.hint, error.note)

    def complain_of(self, message: str, hint: str | None, note: str | None = None) -> None:
        """Print one error, with the next step or a note, to stderr."""
        self.report.problem(message, hint)
        self._err(_indented(f"error: {message}"), style="bold red")
        if hint:
            self._err(f" next: {hint}")
        elif note:
            self._err(f" note: {note}")

    def document(self, text: str) -> None:
        """Write a text that is a whole file to stdout, in every format."""
        sys.stdout.write(text + "\n")

    def fail(self, error: HermesError) -> None:
        """Print the error that ended the command."""
        self.complain(error)
        facts = {"message": error.message, "hint": error.hint, "note": error.note}
        self.result({"error": {**facts, "exit_code": error.exit_code}})

    def close(self, exit_code: int) -> None:
        """Report the end of the command to the CI system, if there is one; a failure of that is a warning."""
        if not self.report.wanted:
            return
        # Not on stdout, which is for the result alone; GitHub reads both.
        for line in self.report.annotations():
            sys.stderr.write(f"{line}\n")
        for failure in self.report.write(exit_code):
            self._err(f"warning: {failure}", style="yellow")

    def _out(self, text: str, style: str = "") -> None:
        shown = _shown(self.report.safe(text))
        sys.stdout.write(styled(shown, style, sys.stdout) + "\n")

    def _err(self, text: str, style: str = "", *, wrap: bool = True) -> None:
        shown = _shown(self.report.safe(text))
        if sys.stderr.isatty():  # a log keeps its lines, and a command can be copied
            shown = styled(_wrapped(shown, sys.stderr) if wrap else shown, style, sys.stderr)
        with _lock:  # threads print too
            if self._display is None:
                sys.stderr.write(shown + "\n")
            else:
                self._display.write(shown)


_lock = threading.Lock()


def _wrapped(text: str, stream: TextIO, hang: int = 0) -> str:
    """Break sentences between words where the terminal ends, and nowhere in a path.

    Further lines are indented by `hang` columns more than the first one.
    """
    return "\n".join(_folded(line, columns(stream), hang) for line in text.split("\n"))


def _folded(line: str, width: int, hang: int) -> str:
    import textwrap

    indent = " " * (_margin(line) + hang) if hang else ""
    if indent and max(map(len, line.split()), default=0) > width - len(indent):
        return line  # such a path is in pieces anyway, and on a line of its own it takes one more
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


# The characters that move the cursor or colour a terminal: a text may come from a store or a branch's name.
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "\N{REPLACEMENT CHARACTER}")
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]


def _shown(text: str) -> str:
    return text.translate(_CONTROLS)


def _indented(text: str) -> str:
    # Another program's lines may start with "error:" too; ours alone start at the first column.
    return text.replace("\n", "\n  ")


def facts(value: Any) -> Any:
    """Return the fields of a dataclass, or a list of dataclasses, for `result`, which converts what they hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    return list(value)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return facts(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
