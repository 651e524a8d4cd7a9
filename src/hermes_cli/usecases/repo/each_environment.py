"""Asking one environment after the other: what cannot be asked hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.settings import Environment

from .workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """An environment that could not be asked, and why; `url` is where it lies, if that much is known."""

    environment: str
    url: str
    problem: str
    hint: str | None
    exit_code: int


def ask_each_environment(
    workspace: Workspace, names: Sequence[str], ask: Callable[[Environment, Store], T]
) -> Iterator[T | Unreachable]:
    """What each environment answers, or why it could not be asked.

    Raises `InvalidInput` for a name that there is not, and what a named environment raises: who
    names one wants that answer.
    """
    for environment in workspace.named_environments(names):
        url = ""
        try:
            store = workspace.store(environment)
            url = store.url
            yield ask(environment, store)
        except HermesError as error:
            if names:
                raise
            yield Unreachable(
                environment=environment.name,
                url=url,
                problem=error.message,
                hint=error.hint,
                exit_code=error.exit_code,
            )
