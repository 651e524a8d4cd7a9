"""Find where a repository keeps its files, and read the settings that git works with in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .command import git

# Of the settings these alone say what the file system of the work tree can hold.
_FILE_SYSTEM = ("core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode")


@dataclass(frozen=True, kw_only=True)
class RepositorySettings:
    """All settings by their names, and the folder that every work tree of the repository shares."""

    values: Mapping[str, str]
    folder: Path

    @staticmethod
    def read(root: Path) -> RepositorySettings:
        """Read those of a work tree. Raises `HermesError` where git fails."""
        rows = git(root, "config", "-z", "--list").stdout.split(b"\0")
        # A name without a value is true.
        parts = (os.fsdecode(row).partition("\n") for row in rows if row)
        return RepositorySettings(
            values={name: value if newline else "true" for name, newline, value in parts},
            folder=common_folder(root),
        )

    @property
    def file_system(self) -> Mapping[str, str]:
        """The settings that git made for the file system of the work tree."""
        return {name: self.values[name] for name in _FILE_SYSTEM if name in self.values}

    @property
    def filters(self) -> frozenset[str]:
        """The names of all filters that have programs on this machine."""
        found = (name for name in self.values if name.startswith("filter.") and name.count(".") > 1)
        return frozenset(name.removeprefix("filter.").rpartition(".")[0] for name in found)

    @property
    def promisor(self) -> str | None:
        """The remote that has what a partial clone lacks; None for a whole clone."""
        named = self.values.get("extensions.partialclone")
        marks = [
            name for name, value in self.values.items() if name.endswith(".promisor") and value != "false"
        ]
        return named or next((name.removeprefix("remote.").rpartition(".")[0] for name in marks), None)


def git_folder(root: Path) -> Path:
    """Return the folder in which git keeps what belongs to this work tree, as its index."""
    folder = root / ".git"
    if folder.is_file():  # of a linked work tree, or of a submodule
        return root / os.fsdecode(folder.read_bytes()).removeprefix("gitdir:").strip()
    return folder


def common_folder(root: Path) -> Path:
    """Return the folder in which git keeps what every work tree of the repository shares."""
    folder = git_folder(root)
    common = folder / "commondir"
    return folder / os.fsdecode(common.read_bytes()).strip() if common.is_file() else folder
