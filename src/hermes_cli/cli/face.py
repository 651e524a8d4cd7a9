"""The only place that prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from hermes_cli.domain.errors import HermesError
from hermes_cli.domain.findings import Level
from hermes_cli.usecases.events import Event

from .report import Report
from .secrets import without_secrets

_SCHEMA = 1
# How results are written to stdout; a command may have further ways.
TEXT, JSON = "text", "json"


@dataclass(kw_only=True)
class Face:
    """What one command shows, as its user wants it."""

    command: str
    output: str = TEXT
    no_input: bool = False
    debug: bool = False
    report: Report = field(default_factory=Report)
    _passing: bool = field(default=False, init=False)  # whether the terminal's last line is to go again

    @property
    def wants_text(self) -> bool:
        """Whether stdout takes lines for people; else it takes one document and nothing else."""
        return self.output == TEXT

    @property
    def may_ask(self) -> bool:
        """Whether there is a person to answer."""
        return not self.no_input and self.wants_text and sys.stdin.isatty() and sys.stderr.isatty()

    def tell(self, event: Event) -> None:
        """Show a step of the work, as a plain line on stderr."""
        if event.warning:
            self._err(f"{event.subject}: {event.message}", style="yellow")
            self.report.problem(f"{event.subject}: {event.message}", level=Level.WARNING)
        elif self.wants_text:
            self._err(f"{event.subject}: {event.message}", style="dim")

    def progress(self, event: Event) -> None:
        """Show one step of many: on a terminal in one line, which the next one replaces; else as `tell`."""
        if event.warning or not self.wants_text or not sys.stderr.isatty() or _is_plain():
            self.tell(event)
            return
        text = _shown(f"{event.subject}: {event.message}").replace("\n", " ")
        text = text[: shutil.get_terminal_size().columns - 1]
        with _lock:
            sys.stderr.write(f"\r\x1b[2K{_styled(text, 'dim')}")
            sys.stderr.flush()
            self._passing = True

    def _clear(self) -> None:
        if self._passing:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._passing = False

    def say(self, text: str = "") -> None:
        """Write a line of the result; nothing beside a document."""
        if self.wants_text:
            self._out(text)

    def advise(self, commands: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Write what to type next, and what else to know, on stderr; nothing beside a document."""
        if not self.wants_text:
            return
        for note in notes:
            self._err(f"note: {note}", style="yellow")
        if commands:
            self._err("next:")
        for one in commands:
            self._err(f"  {one}", style="bold", wrap=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
        """Write a table that fits the terminal (80 columns where there is none); nothing beside a document."""
        if not self.wants_text:
            return
        if not sys.stdout.isatty():  # for a program or a file: never folded, nothing after the last word
            lines = [tuple(columns), *rows]
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
            for line in lines:
                cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
                self._out(" " * indent + "  ".join(cells).rstrip())
            return
        from rich.console import Console
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        self._clear()
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for number, column in enumerate(columns):
            table.add_column(column, overflow="fold", no_wrap=number > 1)
        for row in rows:
            table.add_row(*(Text(_shown(cell)) for cell in row))
        Console(emoji=False).print(Padding(table, (0, 0, 0, indent)))  # `a:b:c` is no picture

    def result(self, facts: Mapping[str, Any]) -> None:
        """Write the facts as one JSON object, where JSON is wanted."""
        document = {"schema": _SCHEMA, "command": self.command, **facts}
        if self.report.wanted:
            self.report.document = json.dumps(document, default=_plain)
        if self.output == JSON:
            sys.stdout.write(self.report.safe_json(json.dumps(document, indent=2, default=_plain)) + "\n")

    def complain(self, error: HermesError) -> None:
        """Say what went wrong in a part of the work, and what to do next."""
        if error.detail:
            detail = without_secrets(error.detail.rstrip(), os.environ)
            self._err(_indented(f"  {detail}"), style="dim")
        self.complain_of(error.message, error.hint)

    def complain_of(self, message: str, hint: str | None) -> None:
        """Write one error and its next step to stderr."""
        self.report.problem(message, hint)
        self._err(_indented(f"error: {message}"), style="bold red")
        if hint:
            self._err(f" next: {hint}")

    def document(self, text: str) -> None:
        """Write a text that is a file of its own, whatever output is wanted."""
        sys.stdout.write(text + "\n")

    def fail(self, error: HermesError) -> None:
        """Say why the whole command failed."""
        self.complain(error)
        self.result({"error": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}})

    def close(self, exit_code: int) -> None:
        """Tell the CI system how the command ended, where there is one that listens; never fails for it."""
        if not self.report.wanted:
            return
        # Not to stdout, which holds the result alone; GitHub reads both.
        for line in self.report.annotations():
            sys.stderr.write(f"{line}\n")
        for failure in self.report.write(exit_code):
            self._err(f"warning: {failure}", style="yellow")

    def _out(self, text: str) -> None:
        self._clear()
        sys.stdout.write(_shown(self.report.safe(text)) + "\n")

    def _err(self, text: str, style: str = "", *, wrap: bool = True) -> None:
        shown = _shown(self.report.safe(text))
        if sys.stderr.isatty():  # a log keeps its lines, and a command can be copied
            shown = _styled(_wrapped(shown) if wrap else shown, style)
        with _lock:  # threads tell of their work too
            self._clear()
            sys.stderr.write(shown + "\n")


_lock = threading.Lock()
# How a terminal is told to show it.
_STYLES = {"dim": "2", "bold": "1", "yellow": "33", "bold red": "1;31"}


def _is_plain() -> bool:
    """Whether the terminal can do no more than show lines."""
    return os.environ.get("TERM") in ("dumb", "unknown")


def _styled(text: str, style: str) -> str:
    plain = os.environ.get("NO_COLOR") or _is_plain()
    return text if plain or not style else f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def _wrapped(text: str) -> str:
    """Sentences for a person: broken between words where the terminal ends, and nowhere in a path."""
    import textwrap

    width = shutil.get_terminal_size().columns
    lines = text.split("\n")
    return "\n".join(
        textwrap.fill(line, width, replace_whitespace=False, break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


# All that moves the cursor or colours a terminal; what is shown may come from a store or a branch's name.
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "\N{REPLACEMENT CHARACTER}")
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]


def _shown(text: str) -> str:
    return text.translate(_CONTROLS)


def _indented(text: str) -> str:
    # Another program's lines may start with "error:" too, and ours must stand out.
    return text.replace("\n", "\n  ")


def facts(value: Any) -> Any:
    """A dataclass, or a sequence of them, as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return [facts(item) for item in value]


def _plain(value: object) -> object:
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
