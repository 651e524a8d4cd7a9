"""Ask a person the questions of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hermes_cli.domain.contract.errors import HermesError, InvalidInput

if TYPE_CHECKING:
    from hermes_cli.usecases.templates.questions import Ask


def ask(question: Ask) -> str:
    """Ask until the answer is valid, and return it."""
    from hermes_cli.usecases.templates.answer_checks import check_answer

    choices = question.choices
    shown = f"{question.prompt} ({', '.join(choices)})" if choices else question.prompt
    while True:
        default = question.default
        answer = str(typer.prompt(shown, default=default, show_default=bool(default), err=True)).strip()
        try:
            if choices and answer not in choices:
                raise InvalidInput(f"{answer!r} is not one of {', '.join(choices)}")
            return check_answer(question.name, answer)
        except HermesError as error:
            typer.echo(f"{error.message}" + (f": {error.hint}" if error.hint else ""), err=True)
