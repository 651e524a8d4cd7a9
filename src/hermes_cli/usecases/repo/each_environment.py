"""Ask one environment after the other; an unreachable environment does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_environment import Environment

from .workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """An environment that is unreachable, and the reason; `url` is its address where known."""

    environment: str
    url: str
    problem: str
    hint: str | None
    exit_code: int


def ask_each_environment(
    workspace: Workspace, names: Sequence[str], ask: Callable[[Environment, Store], T]
) -> Iterator[T | Unreachable]:
    """Yield the answer of each environment, or the reason why it is unreachable.

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
                hint=error.advice,
                exit_code=error.exit_code,
            )
