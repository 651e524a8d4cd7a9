"""What can be told at once: the version, the help, and what a shell offers to complete."""

from __future__ import annotations

import os
import sys

from hermes_cli import __version__


def answer(arguments: list[str]) -> int | None:
    """Answer without loading a command, and give the exit code; None where a command is asked for."""
    text, code = "", 0
    if "_HERMES_COMPLETE" in os.environ:
        from .completion import answer as complete

        offered = complete(os.environ)
        if offered is None:
            return None
        text, code = offered
    elif arguments in (["--version"], ["-V"]):
        text = f"hermes {__version__}"
    elif arguments in ([], ["--help"], ["-h"]):
        from .help_page import page

        text, code = page(), 0 if arguments else 2
    else:
        return None
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        refuse_output(error)
    return code


def prepare(arguments: list[str]) -> None:
    """Begin what a command waits for, while it is still being loaded."""
    from .command_table import BUILDING

    if arguments[:1] and arguments[0] in BUILDING and not {"--help", "-h"} & {*arguments}:
        from hermes_cli.usecases.building.ahead import begin

        begin()


def refuse_output(error: OSError) -> None:
    """Say that stdout cannot be written, as to a full disk behind a redirection, and end."""
    sys.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
    os._exit(1)  # the interpreter would try to write it once more
