"""Write the texts of all commands into the file that help and shell completion read: `make completion`."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from typer.main import get_command

from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS, TEXTS

# The values of these are completed by what is there.
KINDS = {"env": "environment", "project": "project", "projects": "project", "target": "project"}


def value(parameter: Any) -> str:
    """Return what its value is: a kind, the choices, or nothing for an option without a value."""
    if getattr(parameter, "is_flag", False):
        return ""
    choices = getattr(parameter.type, "choices", ())
    return "|".join(getattr(choice, "value", choice) for choice in choices) or KINDS.get(
        parameter.name, "value"
    )


def options(command: Any) -> list[list[Any]]:
    """Return each option of a command: its names, what its value is, and its help."""
    context = typer.Context(command, **command.context_settings)
    return [
        [
            sorted(one.opts, key=len, reverse=True),
            value(one),
            " ".join(one.get_help_record(context)[1].split()),
        ]
        for one in command.get_params(context)
        if one.param_type_name == "option"
    ]


def text() -> str:
    """Return the table as it is written: a line an option."""
    root: Any = get_command(app)
    found = {}
    for name in COMMANDS:
        command = root
        for word in name.split(" "):
            command = command.commands[word]
        found[name] = command
    taken = {name: options(command) for name, command in found.items()}
    every = [
        row for row in taken["new"] if all(row[0] in [one[0] for one in rows] for rows in taken.values())
    ]
    lines = ["{", _rows("before", options(root)), _rows("every", every), '"commands": {']
    for name, command in found.items():
        arguments = [value(one) for one in command.params if one.param_type_name == "argument"]
        summary = json.dumps(command.help.split("\n\n")[0], ensure_ascii=False)
        lines.append(f"{json.dumps(name)}: {{")
        lines.append(f' "summary": {summary},')
        lines.append(f' "arguments": {json.dumps(arguments[0] if arguments else "")},')
        lines.append(_rows("options", [one for one in taken[name] if one not in every]).rstrip(","))
        lines.append("},")
    lines[-1] = "}"
    return "\n".join([*lines, "}}"]) + "\n"


def _rows(name: str, rows: list[list[Any]]) -> str:
    body = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    return f' "{name}": [\n{body}\n ],' if rows else f' "{name}": [],'


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(
            None
            if TEXTS.read_text("utf-8") == text()
            else "the table differs from the commands: make completion"
        )
    TEXTS.write_text(text(), "utf-8")
