"""The commands as Typer knows them: each is loaded when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from .command_table import COMMANDS, GROUPS, PROGRAM, words
from .help_page import command_page, program_page

# Typer exports no name for it, and its module differs from version to version.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]
# Typer draws neither help nor errors.
SETTINGS: dict[str, Any] = {
    "context_settings": {"help_option_names": ["-h", "--help"]},
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
# Each command that was loaded, by its name of one word or two.
loaded: dict[str, typer.Typer] = {}


class Command(TyperCommand):
    """A command with the help page of Hermes."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """Parse the arguments; an error knows the command that it is about."""
        try:
            return super().parse_args(context, args)
        except UsageError as error:
            error.ctx = error.ctx or context  # type: ignore[attr-defined]
            raise

    def format_help(self, context: Any, formatter: Any) -> None:
        """Write the help page."""
        del formatter
        sys.stdout.write(command_page(self, context))


class _Group(TyperGroup):
    """The commands that the table lists; one is loaded when it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _LoadedOnDemand("" if self.name == PROGRAM else self.name or "")  # type: ignore[assignment]

    def format_help(self, *_: Any) -> None:
        """Write the help page, for which no command is loaded."""
        sys.stdout.write(program_page(self.commands.group))  # type: ignore[attr-defined]


class _LoadedOnDemand(Mapping[str, Any]):
    """From a word to its command, or its group of commands."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(words(self.group))

    def __len__(self) -> int:
        return len(words(self.group))

    def __getitem__(self, word: str) -> Any:
        if word not in words(self.group):
            raise KeyError(word)
        if word not in self._made:
            name = f"{self.group} {word}".strip()
            if name in COMMANDS:
                _load(name)
            self._made[word] = typer.main.get_command(loaded[name] if name in loaded else group(name))
        return self._made[word]


def _load(name: str) -> None:
    try:
        import_module(f"hermes_cli.cli.{name.replace(' ', '_')}")
    except KeyboardInterrupt:  # no command is loaded that could print it, and Typer does not
        sys.stderr.write("error: interrupted\n")
        raise


def group(name: str, about: str = "") -> typer.Typer:
    """Make the whole program, or the commands whose first word this is."""
    return typer.Typer(
        name=name,
        cls=_Group,
        help=about or GROUPS[name],
        no_args_is_help=True,
        callback=lambda: None,
        add_completion=name == PROGRAM,
        **SETTINGS,
    )
