"""The help pages: of the program and of a group from the table alone, of a command from its parameters."""

from __future__ import annotations

import sys
import textwrap
from itertools import zip_longest

from hermes_cli.cli.output.terminal import columns, has_boxes, styled

from .command_table import ABOUT, GROUPS, PROGRAM, summary, texts, words

TYPE_CHECKING = False  # `typing` takes as long as the page of the program
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_Rows = dict[str, str]  # what may be typed, and its help


def program_page(group: str = "") -> str:
    """Return the help of the whole program, or of a group of commands."""
    # The other options of the program are typed before the group.
    options = [one for one in texts()["before"] if not group or "--help" in one[0]]
    panels: dict[str, _Rows] = {}
    for word, panel in words(group).items():
        panels.setdefault(panel, {})[word] = summary(f"{group} {word}".strip())
    page = _Page(f"{PROGRAM} {group}".strip() + " [OPTIONS] COMMAND [ARGS]...", [GROUPS.get(group, ABOUT)])
    page.add_panel("Options", {_label(names, value): text for names, value, text in options})
    for title, rows in panels.items():
        page.add_panel(title, rows, first=max(map(len, words(group))))
    return page.text()


def command_page(command: Any, context: Any) -> str:
    """Return the help of a command, as Typer knows it."""
    usage, arguments, options = [context.command_path, "[OPTIONS]"], {}, {}
    for parameter in command.get_params(context):
        _, text = parameter.get_help_record(context)
        if parameter.param_type_name == "option":
            options[_label(parameter.opts, _value(parameter))] = text
            continue
        name = argument_name(parameter)
        arguments[name] = text
        shown = name if parameter.required or name.startswith("[") else f"[{name}]"
        usage.append(shown if parameter.nargs == 1 else f"{shown}...")
    page = _Page(" ".join(usage), command.help.split("\n\n"))
    page.add_panel("Arguments", arguments)
    page.add_panel("Options", options)
    page.add_examples(command.epilog.splitlines())
    return page.text()


def argument_name(argument: Any) -> str:
    """Return an argument's name in help and errors."""
    return str(argument.metavar or argument.name.upper())


def _label(names: Iterable[str], value: str) -> str:
    return f"{', '.join(sorted(names, key=len, reverse=True))} {value}".rstrip()


def _value(option: Any) -> str:
    """Return the placeholder of an option's value; nothing where it takes none."""
    if option.is_flag:
        return ""
    choices = [str(getattr(one, "value", one)) for one in getattr(option.type, "choices", ())]
    word = option.name.rpartition("_")[2].upper()
    return str(option.metavar or "|".join(choices) or (word if len(word) > 2 else "VALUE"))


class _Page:
    """A page for the terminal behind stdout."""

    def __init__(self, usage: str, paragraphs: Iterable[str]) -> None:
        self._width = max(columns(sys.stdout), 40)
        self._box = tuple("╭─╮│╰╯" if has_boxes(sys.stdout) else "+-+|++")
        self._lines = [""]
        for text in (f"Usage: {usage}", *paragraphs):
            self._lines += [*(f" {line}" for line in _wrapped(text, self._width - 2)), ""]

    def add_panel(self, title: str, rows: _Rows, first: int = 0) -> None:
        """Add a box, if it has rows; `first` is the least width of its first column."""
        if not rows:
            return
        left, line, right, side, low_left, low_right = self._box
        first = min(max(first, *map(len, rows)), self._width // 2)
        rest = self._width - first - 6
        edge = _styled(side, "dim")
        self._lines.append(_styled(f"{left}{line} {title} ".ljust(self._width - 1, line) + right, "dim"))
        for name, text in rows.items():
            for cell, part in zip_longest(_wrapped(name, first), _wrapped(text, rest), fillvalue=""):
                shown = _styled(cell.ljust(first), "bold cyan")
                self._lines.append(f"{edge} {shown}  {part.ljust(rest)} {edge}")
        self._lines.append(_styled(low_left + line * (self._width - 2) + low_right, "dim"))

    def add_examples(self, examples: Iterable[str]) -> None:
        """Add commands, which are never wrapped: they can be copied."""
        self._lines += ["", " Examples:", *(f"   {example}" for example in examples)]

    def text(self) -> str:
        """Return the whole page."""
        return "\n".join(self._lines) + "\n"


def _styled(text: str, style: str) -> str:
    return styled(text, style, sys.stdout)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)
