"""Edit a TOML file so that everything else in it stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


@contextmanager
def edit_toml(path: Path) -> Iterator[TOMLDocument]:
    """Open the document of a file to change it in place; it is written unless something is raised meanwhile."""
    import tomlkit

    # tomlkit adds lines that end with \n, and takes no byte order mark: a file from Windows keeps its own.
    text = path.read_bytes().decode()
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    ends = "\r\n" if text.count("\r\n") == text.count("\n") else "\n"
    document = tomlkit.parse(text.removeprefix(mark).replace(ends, "\n"))
    yield document
    path.write_bytes((mark + tomlkit.dumps(document).replace("\n", ends)).encode())
