"""Read the questions of a template, and give its variables their values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.errors import InvalidAnswer, InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

from .template_trust import check_trust, code_policy, translated_errors


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of a template; `prompt` is None where the template has no wording for it."""

    name: str
    prompt: str | None
    default: str
    choices: tuple[str, ...] = ()


def questions(
    source: Path, answers: Mapping[str, str] | None = None, *, trusted: bool = False
) -> tuple[Question, ...]:
    """Return the questions of a template, in its order; defaults may depend on the `answers` so far.

    Raises `InvalidInput`, `Refused`.
    """
    with code_policy(source, trusted), translated_errors(source):
        declared = declared_by(source, trusted)
        values = context_of(source, answers or {}, trusted)["cookiecutter"]
        prompts = declared.get("__prompts__", {})
        return tuple(
            Question(name=name, prompt=_text(prompts, name), default=str(values[name]), choices=_choices(raw))
            for name, raw in declared.items()
            if not name.startswith("_") and not isinstance(raw, dict)
        )


def declared_by(source: Path, trusted: bool) -> dict[str, Any]:
    """Read cookiecutter.json, and refuse code of its own that is not trusted."""
    file = source / "cookiecutter.json"
    try:
        declared = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{source} is not a template: it has no cookiecutter.json") from None
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from error
    if not isinstance(declared, dict):
        raise InvalidInput(f"{file} must be an object of questions and their defaults")
    if {"template", "templates"} & declared.keys():
        raise InvalidInput(f"{file} offers several templates", hint="name the folder of one of them")
    check_trust(source, declared, trusted)
    return declared


def context_of(template: Path, answers: Mapping[str, str], trusted: bool) -> dict[str, Any]:
    """Return the values of all variables: the answers, and the defaults of what was not answered."""
    from cookiecutter.generate import generate_context
    from cookiecutter.prompt import prompt_for_config

    declared = declared_by(template, trusted)
    given = {k: v for k, v in answers.items() if k in declared and not k.startswith("_")}
    for name, value in given.items():
        # Cookiecutter renders answers as if they were templates.
        if re.search(r"\{[{%#]", value):
            raise InvalidInput(f"{name}: {value!r} is itself a template", hint="leave out {{ and {%")
        choices = _choices(declared[name])
        if choices and value not in choices:
            hint = did_you_mean(value, choices)
            wrong = InvalidInput(f"{name}: {value!r} is not one of {', '.join(choices)}", hint=hint)
            raise InvalidAnswer.of(name, value, wrong)
    context: dict[str, Any] = generate_context(str(template / "cookiecutter.json"), extra_context=given)
    context["_cookiecutter"] = {k: v for k, v in context["cookiecutter"].items() if not k.startswith("_")}
    context["cookiecutter"] = {**context["cookiecutter"], **prompt_for_config(context, no_input=True)}
    return context


def _choices(raw: object) -> tuple[str, ...]:
    return tuple(str(choice) for choice in raw) if isinstance(raw, list) else ()


def _text(prompts: dict[str, Any], name: str) -> str | None:
    prompt = prompts.get(name)
    text = prompt.get("__prompt__") if isinstance(prompt, dict) else prompt
    return str(text) if text else None
