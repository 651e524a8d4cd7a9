"""The files that git tracks, from one reading of its index."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Set

SUBMODULE = "160000"

OPTIONS = ("-z", "-v", "--stage", "--debug")
# Of a file that is tracked git may say what it noted of it. Its manual promises no form of that.
_ROW = re.compile(rb"(.) (?:(\d{6}) ([0-9a-f]+) \d\t)?([^\0]+)\0((?:  [^\n]*\n)*)", re.DOTALL)
_NOTED = re.compile(
    rb"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: (\d+)\n  uid: .*\n  size: (\d+)\t.*\n"
)
_SECOND = 10**9
_LOW_BITS = 0xFFFFFFFF

Noted = tuple[int, ...]


class Index:
    """The rows of `git ls-files` with `OPTIONS`: of each path its tag, its mode, and in a conflict its versions.

    With `--others` it also has the paths that git would track.
    """

    def __init__(self, rows: bytes) -> None:
        self.entries: dict[
            str, tuple[str, str]
        ] = {}  # mode and object; of a conflict the last of its versions
        self.untracked: list[str] = []
        self.conflicts: set[str] = set()
        self._noted: dict[str, bytes] = {}
        self._hidden: dict[str, str] = {}
        for tag, mode, oid, path, noted in _parse(rows):
            if tag == "?":
                # With a slash at its end it is a repository within this one.
                if not path.endswith("/"):
                    self.untracked.append(path)
                continue
            self.entries[path] = (mode, oid)
            self._noted[path] = noted
            if tag.upper() == "M":
                self.conflicts.add(path)
            if tag.islower() or tag == "S":
                self._hidden[path] = tag

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path that is tracked, sorted; submodules are among them."""
        return tuple(sorted(self.entries))

    @property
    def submodules(self) -> tuple[str, ...]:
        """Return the paths of the submodules."""
        return tuple(path for path, (mode, _) in self.entries.items() if mode == SUBMODULE)

    @property
    def hidden(self) -> Set[str]:
        """Return the paths whose changes in the work tree git overlooks.

        So it is in a sparse checkout, and for files marked assume-unchanged or skip-worktree.
        """
        return self._hidden.keys()

    @property
    def hides_changes(self) -> bool:
        """Return whether git may overlook changes of files in the work tree."""
        return bool(self._hidden)

    def may_be_absent(self, path: str) -> bool:
        """Return whether git expects no file of this path in the work tree, as outside of a sparse checkout."""
        return self._hidden.get(path, "").upper() == "S"

    def noted(self, path: str) -> Noted | None:
        """Return what git noted of a file when it last read or wrote it; None where it does not tell."""
        found = _NOTED.fullmatch(self._noted.get(path, b""))
        return tuple(map(int, found.groups())) if found else None


def facts_of(status: os.stat_result) -> Noted:
    """Return what git notes of a file: its times in seconds and their parts, the low bits of its number and size."""
    changed, modified = divmod(status.st_ctime_ns, _SECOND), divmod(status.st_mtime_ns, _SECOND)
    return (*changed, *modified, status.st_ino & _LOW_BITS, status.st_size & _LOW_BITS)


def _parse(rows: bytes) -> Iterator[tuple[str, str, str, str, bytes]]:
    for row in _ROW.finditer(rows):
        tag, mode, oid, path, noted = row.groups(b"")
        yield tag.decode(), mode.decode(), oid.decode(), os.fsdecode(path), noted
