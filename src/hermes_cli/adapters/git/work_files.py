"""Compare the files of a work tree with what git noted of them, without reading any."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISDIR

from .index import SUBMODULE, Index, facts_of
from .repository_settings import git_folder

# A file system may give one time to all that happens within this one.
_TICK = 20_000_000  # nanoseconds


def look_at_files(root: Path, index: Index) -> tuple[frozenset[str], frozenset[str]]:
    """Return the paths that are tracked and not there, and those whose files may have been edited.

    Git itself compares whole seconds only. A file is gone too where it has become a folder, or where the
    way to it leads through a link. What git is told to overlook is neither.
    """
    links = {"": False}

    def leads_through_link(folder: str) -> bool:
        if folder not in links:
            above = leads_through_link(folder.rpartition("/")[0])
            links[folder] = above or (root / folder).is_symlink()
        return links[folder]

    gone, unknown = set(), set()
    written = (git_folder(root) / "index").stat().st_mtime_ns if index.entries else 0
    for path, (mode, _) in index.entries.items():
        if path in index.hidden:
            continue
        try:
            status = os.lstat(f"{root}/{path}")
        except (FileNotFoundError, NotADirectoryError):
            gone.add(path)
            continue
        if leads_through_link(path.rpartition("/")[0]) or (S_ISDIR(status.st_mode) and mode != SUBMODULE):
            gone.add(path)
        elif mode != SUBMODULE and (
            index.noted(path) != facts_of(status) or status.st_ctime_ns > written - _TICK
        ):
            unknown.add(path)
    return frozenset(gone), frozenset(unknown)
