"""Write what the commands take into the table that shell completion reads: `make completion`."""

from __future__ import annotations

import json
import sys
from typing import Any

from typer.main import get_command

from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS
from hermes_cli.cli.framework.completion import TABLE


def kind(parameter: Any) -> str:
    """What a value of it is: a kind, the choices, or nothing for an option without a value."""
    if getattr(parameter, "is_flag", False):
        return ""
    choices = getattr(getattr(parameter, "type", None), "choices", None)
    if choices:
        return "|".join(getattr(choice, "value", choice) for choice in choices)
    kinds = {
        "output": "text|json",
        "env": "environment",
        "project": "project",
        "projects": "project",
        "target": "project",
    }
    return kinds.get(parameter.name, "value")


def options(parameters: list[Any]) -> dict[str, list[str]]:
    """Each option by its names, with the kind of its value and its help."""
    return {name: [kind(parameter), parameter.help] for parameter in parameters for name in parameter.opts}


def table() -> dict[str, Any]:
    """What every command takes, and what each takes besides or otherwise."""
    all_options = {}
    arguments = {}
    for name in COMMANDS:
        command: Any = get_command(app)
        for word in name.split(" "):
            command = command.commands[word]
        positional = [one for one in command.params if one.param_type_name == "argument"]
        arguments[name] = kind(positional[0]) if positional else ""
        all_options[name] = options([one for one in command.params if one not in positional])
    first = all_options["new"]
    common = {name: first[name] for name in first if all(name in taken for taken in all_options.values())}
    common["--help"] = ["", "Show this message and exit."]
    commands = {
        name: {
            "arguments": arguments[name],
            "options": {option: facts for option, facts in taken.items() if common.get(option) != facts},
        }
        for name, taken in all_options.items()
    }
    return {"options": common, "commands": commands}


def text() -> str:
    """The table as it is written."""
    return json.dumps(table(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(
            None
            if TABLE.read_text("utf-8") == text()
            else "the table is not that of the commands: make completion"
        )
    TABLE.write_text(text(), "utf-8")
