"""Run the command line in this process: its signals, its streams, its folder for temporary files."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from hermes_cli.domain.contract.errors import Terminated

from .app import app
from .command_table import PROGRAM
from .error_handling import exit_code_of_usage_error
from .fast_path import refuse_output
from .lazy_commands import UsageError

# Python, and the programs that it starts, put temporary files into the folder that these name.
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def run() -> int:
    """Run the command that was typed, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a branch may have a name that no terminal can show
            stream.reconfigure(errors="backslashreplace")
    # In a script's background SIGINT stays ignored, and SIGHUP under nohup.
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    for name in _TEMPORARY:  # a program that is started in another folder must find the same one
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).absolute())
    code: int
    try:
        try:
            code = app(prog_name=PROGRAM, standalone_mode=False)
        except UsageError as error:
            code = exit_code_of_usage_error(error)
        sys.stdout.flush()
    except OSError as error:
        code = refuse_output(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done, and said
    return code


def _interrupt(*_: object) -> NoReturn:
    # Once: what runs is being ended from here on, and a second time would cut that off.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _terminate(*_: object) -> NoReturn:
    # CI cancels a job this way, or the terminal is closed: temporary folders go as they do on Ctrl-C.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    raise Terminated
