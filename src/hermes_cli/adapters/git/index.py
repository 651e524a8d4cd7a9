"""The files that git tracks, from one reading of its index."""

from __future__ import annotations

from collections.abc import Iterable

_SUBMODULE = "160000"


class Index:
    """The rows of `git ls-files -v --stage`: of each path its tag, its mode, and in a conflict its versions."""

    def __init__(self, rows: Iterable[str]) -> None:
        self._rows = [(row[0], row[2:8], row.partition("\t")[2]) for row in rows]

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path that is tracked, sorted; submodules are among them."""
        return tuple(sorted({path for _, _, path in self._rows}))

    @property
    def submodules(self) -> tuple[str, ...]:
        """Return the paths of the submodules."""
        return tuple(path for _, mode, path in self._rows if mode == _SUBMODULE)

    @property
    def hides_changes(self) -> bool:
        """Return whether git may overlook changes of files in the work tree.

        So it is in a sparse checkout, and for files marked assume-unchanged or skip-worktree.
        """
        return any(tag.islower() or tag == "S" for tag, _, _ in self._rows)
