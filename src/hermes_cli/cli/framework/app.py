"""The program for Typer: how a command registers itself, and the options that all of them take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_type_hints

import typer

from hermes_cli import __version__
from hermes_cli.cli.output.ci_report import outputs_by_command, report_of
from hermes_cli.cli.output.printer import JSON, TEXT, Printer

from .command_table import ABOUT, PROGRAM
from .error_handling import exit_code_of_command
from .lazy_commands import SETTINGS, Command, group, loaded

app = group(PROGRAM, ABOUT)


def _output_option(*further: str) -> Any:
    """Return the option for the format of results, with the formats that one command has besides the usual."""
    formats = Literal[(TEXT, JSON, *further)]  # type: ignore[valid-type]
    option = typer.Option("--output", "-o", help="The format of results on stdout.", envvar="HERMES_OUTPUT")
    return Annotated[formats | None, option]


OutputOption = _output_option()
NoInputOption = Annotated[
    bool,
    typer.Option("--no-input", help="Never ask; name the missing option instead.", envvar="HERMES_NO_INPUT"),
]
DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", envvar="HERMES_DEBUG")
]
_COMMON: dict[str, tuple[Any, Any]] = {
    "output": (OutputOption, TEXT),
    "no_input": (NoInputOption, False),
    "debug": (DebugOption, False),
}


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        context.exit()


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
    examples: tuple[str, ...],
    *,
    outputs: Mapping[str, str] | None = None,
    formats: tuple[str, ...] = (),
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register a command: a function of a `Printer` and its own options that returns the exit code.

    Its docstring is its help, and its name has a line in `command_table.py`; a name of two words is a
    command of a group. `make completion` keeps the texts for `hermes --help` and for completion.

    The options that all commands take are added to its own, and every error becomes its exit code.
    With `outputs` it also writes a summary and outputs for later steps where the CI system takes them,
    on failure too: the result, the exit code, and these, unless it sets them. `formats` are further
    ones for its result, which it writes itself.
    """
    if outputs is not None:
        outputs_by_command[name] = outputs

    def register(function: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
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

        def run(context: typer.Context, **options: Any) -> None:
            mine = {key: options.pop(key) for key in _COMMON}
            for key in _COMMON:  # a variable counts below an option before the command, which has it too
                if context.get_parameter_source(key).name != "COMMANDLINE":  # type: ignore[union-attr]
                    mine[key] = None
            above = context.obj or {}
            printer = Printer(
                command=name,
                report=report_of(name),
                **{key: mine[key] or above.get(key) or _COMMON[key][1] for key in _COMMON},
            )
            context.exit(exit_code_of_command(printer, lambda: function(printer, **options)))

        parameters = [context, *own, *common]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__name__ = function.__name__
        paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
        run.__doc__ = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        loaded[name] = typer.Typer(add_completion=False, **SETTINGS)
        loaded[name].command(name.split(" ")[-1], cls=Command, epilog="\n".join(examples))(run)
        return function

    return register
