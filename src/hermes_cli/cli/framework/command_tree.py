"""The commands as Typer knows them: each is loaded when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from .command_table import COMMANDS, GROUPS, PROGRAM, words
from .help_page import page

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
# Each command that was loaded, by its name of one word or two.
makers: dict[str, typer.Typer] = {}


class _Commands(TyperGroup):
    """The commands that the table lists; one is loaded when it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _OnDemand("" if self.name == PROGRAM else self.name or "")  # type: ignore[assignment]

    def format_help(self, *_: Any) -> None:
        sys.stdout.write(page(self.commands.group))  # type: ignore[attr-defined]


class _OnDemand(Mapping[str, Any]):
    """From a word to its command, or its group of commands."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(words(self.group))

    def __len__(self) -> int:
        return len(words(self.group))

    def __getitem__(self, word: str) -> Any:
        name = f"{self.group} {word}".strip()
        if word not in words(self.group):
            raise KeyError(word)
        if word not in self._made:
            if name in COMMANDS:
                _load(COMMANDS[name][0])
            maker = makers.get(name)
            self._made[word] = typer.main.get_command(maker if maker else group(name))
        return self._made[word]


def _load(module: str) -> None:
    try:
        import_module(f"hermes_cli.cli.{module}")
    except KeyboardInterrupt:  # there is no command yet that could say so, and Typer does not
        sys.stderr.write("error: interrupted\n")
        raise


def group(name: str, about: str = "") -> typer.Typer:
    """The whole program, or the commands whose first word this is."""
    return typer.Typer(
        name=name,
        cls=_Commands,
        help=about or GROUPS[name],
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings=HELP_OPTIONS,
        callback=lambda: None,
        add_completion=name == PROGRAM,
    )
