"""What is begun before it is known to be needed, because it takes as long as this program does to load."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hermes_cli.adapters import builder
from hermes_cli.adapters.cache import cache_root


def begin() -> None:
    """Have a builder ready in the environment that built last; a wrong guess costs a command no time."""
    with contextlib.suppress(OSError, ValueError):  # the file may hold anything
        builder.expect(Path(_last().read_text("utf-8")))


def note(python: Path) -> None:
    """Keep which environment built, for the next command."""
    last, text = _last(), str(python).encode()
    with contextlib.suppress(OSError):
        if not last.exists() or last.read_bytes() != text:
            last.write_bytes(text)


def _last() -> Path:
    return cache_root() / "builds" / "last"
