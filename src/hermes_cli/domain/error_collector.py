"""Gathering what is invalid, so that all of it can be told and not only the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hermes_cli.domain.contract.errors import InvalidInput

P = ParamSpec("P")
T = TypeVar("T")


class Problems:
    """A context that may be entered again and again, and keeps each `InvalidInput` raised in it."""

    def __init__(self) -> None:
        self._found: list[InvalidInput] = []

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        if not isinstance(error, InvalidInput):
            return False
        self._found += [error, *error.others]
        return True

    def attempt(self, read: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | None:
        """What a function gives; None where what it raises is kept."""
        with self:
            return read(*args, **options)
        return None

    def raise_first(self) -> None:
        """Raises the first that was kept, if any was; the others are with it."""
        if self._found:
            first, *others = self._found
            first.others = tuple(others)
            raise first
