"""Read the files that are built: of a work tree those that git would commit, of a commit its own."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.project import PROJECT_FILE

_MOST_LINKS = 40


class Source(Protocol):
    """The files of a repo. Paths start at its root, with `/`."""

    @property
    def files(self) -> tuple[str, ...]:
        """All paths, sorted."""
        ...

    def kind(self, path: str) -> str:
        """Return the kind of a file: `l` for a link, `x` for a program, `f` for any other."""
        ...

    def read(self, paths: Collection[str]) -> dict[str, bytes]:
        """Read files, and of links their targets."""
        ...

    def tree(self, folder: str) -> str:
        """Return git's id for the content of a folder. Raises `HermesError` where it has none."""
        ...


class FolderSource:
    """The projects of a folder outside of git, as they are on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All paths of the folders with a pyproject.toml, sorted."""
        found = (project.parent.rglob("*") for project in self._root.glob(f"*/{PROJECT_FILE}"))
        paths = (path for folder in found for path in folder if path.is_file() or path.is_symlink())
        return tuple(sorted(path.relative_to(self._root).as_posix() for path in paths))

    def kind(self, path: str) -> str:
        """Return the kind of a file: `l` for a link, `x` for a program, `f` for any other."""
        file = self._root / path
        if file.is_symlink():
            return "l"
        return "x" if os.access(file, os.X_OK) else "f"

    def read(self, paths: Collection[str]) -> dict[str, bytes]:
        """Read files, and of links their targets."""
        files = {path: self._root / path for path in paths}
        return {
            path: os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
            for path, file in files.items()
        }

    def tree(self, folder: str) -> str:
        """Raise `HermesError`: only git has such an id."""
        raise HermesError(f"{folder} is not in a git repository", hint="git init")


def project_folders_of(files: Iterable[str]) -> frozenset[str]:
    """Select the top-level folders that have a pyproject.toml."""
    folders = (file.removesuffix(f"/{PROJECT_FILE}") for file in files if file.endswith(f"/{PROJECT_FILE}"))
    return frozenset(folder for folder in folders if "/" not in folder and not folder.startswith("."))


def read_file(source: Source, path: str) -> bytes:
    """Read one file; a link is followed. Raises `InvalidInput` where it leads to none of the source's files."""
    end = follow_links(source, path) if source.kind(path) == "l" else path
    if end is None or end not in source.files:
        raise InvalidInput(f"{path} is a link to nowhere", hint="put a file in its place")
    return source.read([end])[end]


def follow_links(source: Source, path: str) -> str | None:
    """Follow every link on the way of a path; None where one is absolute, or leads out of the repo."""
    files = {*source.files}
    links = 0
    done: list[str] = []
    left = [*reversed(PurePosixPath(path).parts)]
    while left:
        part = left.pop()
        if part != "..":
            done.append(part)
        elif done:
            done.pop()
        else:
            return None
        here = "/".join(done)
        if here in files and source.kind(here) == "l":
            links += 1
            aim = PurePosixPath(os.fsdecode(source.read([here])[here]))
            if aim.is_absolute() or links > _MOST_LINKS:
                return None
            done.pop()
            left += reversed(aim.parts)
    return "/".join(done)
