"""Follow the pointers that git LFS commits in place of large files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hermes_cli.domain.contract.errors import ProjectFailed

from .repository_settings import RepositorySettings
from .tree_files import on_disk

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize \d+\n"
)
_LONGEST = 1024


def digest_named(data: bytes) -> str | None:
    """Return the sha256 of the file that a pointer names; None for any other content."""
    found = _POINTER.fullmatch(data) if len(data) < _LONGEST else None
    return found[1].decode() if found else None


def names(pointer: bytes, data: bytes) -> bool:
    """Return whether this is a pointer, and these are the bytes that it names."""
    return digest_named(pointer) == hashlib.sha256(data).hexdigest()


class LargeFileMissing(ProjectFailed):
    """The content of files that git LFS keeps is not on this machine; `paths` are all of them."""

    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Sequence[str]) -> LargeFileMissing:
        """Return the error for some files."""
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        found = cls(f"{paths[0]}{more} is kept by git LFS, and its content is not here", hint="git lfs pull")
        found.paths = tuple(paths)
        return found


def follow_all(
    root: Path, files: Mapping[str, bytes], settings: Callable[[], RepositorySettings]
) -> dict[str, bytes]:
    """Put what pointers name in their place: from the work tree, or from what git LFS keeps.

    Raises `LargeFileMissing` where it is in neither.
    """
    followed = {path: _follow(root / path, data, settings) for path, data in files.items()}
    missing = sorted(path for path, data in followed.items() if data is None)
    if missing:
        raise LargeFileMissing.of(missing)
    return {path: data for path, data in followed.items() if data is not None}


def _follow(path: Path, data: bytes, settings: Callable[[], RepositorySettings]) -> bytes | None:
    digest = digest_named(data)
    if digest is None:
        return data
    kept = settings().folder / settings().values.get("lfs.storage", "lfs") / "objects"
    there = (on_disk(place) for place in (path, kept / digest[:2] / digest[2:4] / digest))
    return next((found for found in there if found is not None and names(data, found)), None)
