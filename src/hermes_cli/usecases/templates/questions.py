"""Ask a template's questions, and decide whether its code may run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hermes_cli.adapters import template
from hermes_cli.domain.settings import Layer
from hermes_cli.domain.toml_text import take

from .answer_checks import with_derived
from .template_source import address_of, open_template

DEFAULT_TEMPLATE = "bundled:project"
# Made by Hermes itself, so nobody is asked for them.
NOT_ASKED = frozenset(
    {
        "repo",
        "script",
        "repo_id",
        "hermes_version",
        "hermes_requirement",
        "operator_requirement",
        "default_branch",
        "workflow",
    }
)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A question of `hermes new`; `check_answer` checks the answer."""

    name: str
    prompt: str
    default: str
    choices: tuple[str, ...]


def open_questions(
    spec: str, answers: Mapping[str, str], given: Mapping[str, str | None], *, trusted: bool = False
) -> list[Ask]:
    """Select the questions to ask a person: those without an option, with the defaults as proposals."""
    with open_template(spec) as source:
        questions = template.questions(source.path, with_derived(answers), trusted=trusted)
    return [
        as_asked(question, answers)
        for question in questions
        if question.name not in NOT_ASKED and given.get(question.name) is None
    ]


def as_asked(question: template.Question, answers: Mapping[str, str]) -> Ask:
    """Word a template's question for a person, with the default that applies here."""
    return Ask(
        name=question.name,
        prompt=question.prompt or question.name.replace("_", " "),
        default=answers.get(question.name, question.default),
        choices=question.choices,
    )


def is_trusted(spec: str, asked: bool, layers: Sequence[Layer]) -> bool:
    """Tell whether code of this template may run: it was asked for, or the defaults name its address.

    Raises `InvalidInput` where `trust` in their table [new] is not a list of addresses.
    """
    known = [name for layer in layers for name in _trusted_by(layer)]
    return asked or address_of(spec) in map(address_of, known)


def _trusted_by(layer: Layer) -> list[str]:
    named = take(layer.data.get("new", {}), "trust", list, name="new", where=layer.source, text=layer.text)
    return list(named or ())
