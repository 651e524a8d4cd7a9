"""The answers that need neither Typer nor a command: the version, the help, and what a shell completes."""

from __future__ import annotations

import os
import sys

from hermes_cli import __version__


def answer(arguments: list[str]) -> int | None:
    """Answer without loading a command, and return the exit code; None where a command is asked for."""
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
        from .help_page import program_page

        text, code = program_page(), 0 if arguments else 2  # ExitCode.USAGE: its module would take time
    else:
        return None
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        return refuse_output(error)
    return code


def warm_up(arguments: list[str]) -> None:
    """Start a build process while the command loads, for a command that will probably build."""
    if arguments[:1] in (["build"], ["deploy"], ["plan"]) and not {"--help", "-h"} & {*arguments}:
        from hermes_cli.usecases.building.warm_up import start_build_process

        start_build_process()


def refuse_output(error: OSError) -> int:
    """Say that stdout cannot be written, as to a full disk behind a redirection, and return the exit code."""
    sys.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
    # The interpreter writes what is left once more when it ends: that must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    from hermes_cli.domain.contract.errors import ExitCode

    return ExitCode.FAILED
