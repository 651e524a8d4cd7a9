"""The command line as a whole: which commands there are, and the options that all of them take."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_type_hints

import typer

from hermes_cli import __version__
from hermes_cli.cli.output.ci_report import Report
from hermes_cli.cli.output.printer import JSON, TEXT, Printer
from hermes_cli.cli.output.redaction import without_secrets
from hermes_cli.domain.contract.errors import HermesError, Interrupted, InvalidInput, Terminated, reason_of

from .command_table import (
    ABOUT,
    COMMANDS,
    DEVELOP,
    GROUPS,
    LOOK,
    MAINTAIN,
    OPERATE,
    PROGRAM,
    SCHEDULE,
    SHIP,
    START,
)
from .command_tree import HELP_OPTIONS, group, makers
from .fast_path import refuse_output

__all__ = [
    "COMMANDS",
    "DEVELOP",
    "GROUPS",
    "LOOK",
    "MAINTAIN",
    "OPERATE",
    "SCHEDULE",
    "SHIP",
    "START",
    "app",
    "command",
]

# Typer shows no name for it, and where it comes from differs from version to version.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = group(PROGRAM, ABOUT)


def _output_option(*further: str) -> Any:
    """The option for how results are written, with the formats that one command has besides the usual."""
    formats = Enum("Format", {name: name for name in (TEXT, JSON, *further)}, type=str)  # type: ignore[misc]
    option = typer.Option("--output", "-o", help="How results are written to stdout.", envvar="HERMES_OUTPUT")
    return Annotated[formats | None, option]


OutputOption = _output_option()
NoInputOption = Annotated[
    bool,
    typer.Option("--no-input", help="Never ask; name what is missing instead.", envvar="HERMES_NO_INPUT"),
]
DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", envvar="HERMES_DEBUG")
]
_COMMON: dict[str, tuple[Any, Any]] = {
    "output": (OutputOption, TEXT),
    "no_input": (NoInputOption, False),
    "debug": (DebugOption, False),
}
# Where Python, and what it starts, put temporary files.
_SCRATCH = ("TMPDIR", "TEMP", "TMP")
_outputs: dict[str, Mapping[str, str]] = {}  # of each command that reports to CI


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hermes {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    output: OutputOption = None,  # type: ignore[valid-type]
    no_input: NoInputOption = False,
    debug: DebugOption = False,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", is_eager=True, callback=_print_version, help="Show the version."),
    ] = False,
) -> None:
    del version
    context.obj = {"output": output, "no_input": no_input, "debug": debug}


def command(
    name: str,
    panel: str,
    examples: tuple[str, ...],
    *,
    outputs: Mapping[str, str] | None = None,
    formats: tuple[str, ...] = (),
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register a command: a function of a `Printer` and its own options that returns the exit code.

    The table says its panel and the first paragraph of its help too: that is what `hermes --help`
    shows. A name of two words is a command of a group.

    The options that all commands take are added to its own, and every error becomes its exit code
    here, in one place. With `outputs` it also writes a summary and outputs for later steps where the
    CI system takes them, on failure too: the result, the exit code, and these, unless it sets them.
    `formats` are further ones for its result, which it writes itself.
    """
    if outputs is not None:
        _outputs[name] = outputs

    def register(function: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name != "printer"
        ]
        common = [
            inspect.Parameter(
                key,
                inspect.Parameter.KEYWORD_ONLY,
                default=None if key == "output" else default,
                annotation=_output_option(*formats) if key == "output" else annotation,
            )
            for key, (annotation, default) in _COMMON.items()
        ]
        context = inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )

        def wrapper(context: typer.Context, **options: Any) -> None:
            mine = {key: options.pop(key) for key in _COMMON}
            for key in _COMMON:  # a variable counts below an option before the command, which has it too
                if context.get_parameter_source(key).name != "COMMANDLINE":  # type: ignore[union-attr]
                    mine[key] = None
            above = context.obj or {}
            printer = Printer(
                command=name,
                report=_report(name),
                **{key: mine[key] or above.get(key) or _COMMON[key][1] for key in _COMMON},
            )
            raise typer.Exit(_guard(printer, lambda: function(printer, **options)))

        parameters = [
            context,
            *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own),
            *common,
        ]
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
        wrapper.__name__ = function.__name__
        paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
        text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        wrapper.__doc__ = text.replace("[", "\\[")  # rich would take [new] for a style
        epilog = "\n\n".join(["Examples:", *(f"  {example}" for example in examples)])
        maker = typer.Typer(
            add_completion=False,
            rich_markup_mode="rich",
            pretty_exceptions_enable=False,
            context_settings=HELP_OPTIONS,
        )
        maker.command(name.split(" ")[-1], rich_help_panel=panel, epilog=epilog)(wrapper)
        makers[name] = maker
        return function

    return register


def _report(name: str) -> Report:
    return Report(title=f"hermes {name}", outputs=dict(_outputs[name]) if name in _outputs else None)


def _guard(printer: Printer, work: Callable[[], int]) -> int:
    code: int = HermesError.exit_code  # also where whoever reads the output has left
    try:
        code = _exit_code(printer, work)
    finally:
        printer.close(code)
    return code


def _exit_code(printer: Printer, work: Callable[[], int]) -> int:
    try:
        return work()
    except BrokenPipeError:
        raise  # whoever read the output has seen enough
    except (Exception, KeyboardInterrupt) as error:
        if printer.debug:
            import traceback

            sys.stderr.write(without_secrets(traceback.format_exc(), os.environ))
        told = _as_told(error)
        printer.fail(told)
        return told.exit_code


def _as_told(error: BaseException) -> HermesError:
    """An error as the user is told of it."""
    if isinstance(error, HermesError):
        return error
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Interrupted("interrupted")
    if isinstance(error, OSError) and (error.strerror or isinstance(error, shutil.Error)):
        where = f"{error.filename}: " if error.filename else ""
        return HermesError(
            f"{where}{reason_of(error)}", hint="check that this path is there and may be written"
        )
    return HermesError(
        f"Hermes itself failed: {type(error).__name__}: {error}",
        hint="run the same command with --debug, and report what it prints",
    )


def _interrupt(*_: object) -> NoReturn:
    # Once: what runs is being ended from here on, and a second time would cut that off.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end(*_: object) -> NoReturn:
    # CI cancels a job this way, or the terminal is closed: temporary folders go as they do on Ctrl-C.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    raise Terminated


def run() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a branch may have a name that no terminal can show
            stream.reconfigure(errors="backslashreplace")
    # In a script's background SIGINT stays ignored, and SIGHUP under nohup.
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _end)
    for name in _SCRATCH:  # what is started in another folder must find the same one
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).absolute())
    try:
        try:
            code = app(standalone_mode=False)
        except _UsageError as error:
            code = _explain(error)
        sys.stdout.flush()
    except OSError as error:
        refuse_output(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done, and said
    sys.exit(code)


def _with_option(error: Exception) -> str | None:
    """What was typed, with the option that is missing; None where something else is wrong."""
    missing = getattr(error, "param", None)
    if type(error).__name__ != "MissingParameter" or missing is None or missing.param_type_name != "option":
        return None
    return f'{PROGRAM} {shlex.join(sys.argv[1:])} {missing.opts[0]} "…"'


def _explain(error: Exception) -> int:
    """Say what is wrong with what was typed, as every other error is said; the exit code."""
    words = " ".join(sys.argv[1:])
    context = getattr(error, "ctx", None)
    wrong = InvalidInput(
        error.format_message(),  # type: ignore[attr-defined]
        hint=_with_option(error) or f"{context.command_path if context else 'hermes'} --help",
    )
    if type(error).__name__ != "NoArgsIsHelpError":  # which has shown the help already
        wants_json = re.search(r"(?:^| )(?:-o|--output)[ =]?json\b", words)
        name = context.command_path.partition(" ")[2] if context else ""
        printer = Printer(
            command="hermes",
            output=JSON if wants_json else TEXT,
            report=_report(name) if name in _outputs else Report(),
        )
        printer.fail(wrong)
        printer.close(wrong.exit_code)
    return wrong.exit_code
