"""Decide the exit code: run a command, print the error that ended it, and return the code of that error."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from typing import Any

import typer

from hermes_cli.cli.output.ci_report import report_of
from hermes_cli.cli.output.printer import JSON, TEXT, Printer
from hermes_cli.cli.output.redaction import without_secrets
from hermes_cli.domain.contract.errors import ExitCode, HermesError, Interrupted, InvalidInput, reason_of

from .command_table import PROGRAM
from .help_page import argument_name


def exit_code_of_command(printer: Printer, work: Callable[[], int]) -> int:
    """Run a command, print the error that ends it, report to CI, and return the exit code."""
    code: int = ExitCode.FAILED  # also where the reader of the output has left
    try:
        code = _run(printer, work)
    finally:
        printer.close(code)
    return code


def _run(printer: Printer, work: Callable[[], int]) -> int:
    try:
        return work()
    except BrokenPipeError:
        raise  # the reader of the output has seen enough
    except (Exception, KeyboardInterrupt) as error:
        if printer.debug:
            import traceback

            sys.stderr.write(without_secrets(traceback.format_exc(), os.environ))
        shown = _as_hermes_error(error)
        printer.fail(shown)
        return shown.exit_code


def _as_hermes_error(error: BaseException) -> HermesError:
    if isinstance(error, HermesError):
        return error
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Interrupted("interrupted")
    if isinstance(error, OSError) and (error.strerror or isinstance(error, shutil.Error)):
        place = f"{error.filename}: " if error.filename else ""
        return HermesError(
            f"{place}{reason_of(error)}", hint="check that this path exists and that you may write there"
        )
    return HermesError(
        f"Hermes itself failed: {type(error).__name__}: {error}",
        hint="run the same command with --debug, and report what it prints",
    )


def exit_code_of_usage_error(error: Exception) -> int:
    """Print what is wrong with the arguments, like every other error, and return the exit code."""
    context = getattr(error, "ctx", None)
    wrong = InvalidInput(
        _message(error),
        hint=_with_missing_option(error) or f"{context.command_path if context else PROGRAM} --help",
    )
    if type(error).__name__ != "NoArgsIsHelpError":  # which has shown the help already
        wants_json = re.search(r"(?:^| )(?:-o|--output)[ =]?json\b", " ".join(sys.argv[1:]))
        name = context.command_path.partition(" ")[2] if context else ""
        printer = Printer(
            command=name or PROGRAM, output=JSON if wants_json else TEXT, report=report_of(name)
        )
        printer.fail(wrong)
        printer.close(wrong.exit_code)
    return wrong.exit_code


def _message(error: Exception) -> str:
    missing = _missing(error, "argument")
    return f"Missing argument '{argument_name(missing)}'." if missing else error.format_message()  # type: ignore[attr-defined]


def _with_missing_option(error: Exception) -> str | None:
    """Return the typed command with the option that is missing; None where something else is wrong."""
    missing = _missing(error, "option")
    return f'{PROGRAM} {shlex.join(sys.argv[1:])} {missing.opts[0]} "…"' if missing else None


def _missing(error: Exception, kind: str) -> Any:
    """Return the option or argument that is missing; None where something else is wrong."""
    missing = getattr(error, "param", None)
    if type(error).__name__ != "MissingParameter" or missing is None:
        return None
    return missing if missing.param_type_name == kind else None
