"""Collect errors of invalid input, so that all of them are reported and not only the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hermes_cli.domain.contract.errors import InvalidInput

P = ParamSpec("P")
T = TypeVar("T")


class ErrorCollector:
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
        """Call a function and return its result; None where it raises an error, which is kept."""
        with self:
            return read(*args, **options)
        return None

    def raise_first(self) -> None:
        """Raise the first error that was kept, if any, with the others attached."""
        if self._found:
            first, *others = self._found
            first.others = tuple(others)
            raise first
