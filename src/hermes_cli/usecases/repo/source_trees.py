"""Get git's tree ids of folders: equal ids mean equal content, without reading it."""

from __future__ import annotations

from collections.abc import Mapping

from hermes_cli.adapters.git import Git
from hermes_cli.adapters.threads import shared_property


class SourceTrees:
    """The top-level folders of a work tree. Git is asked once for all that have no uncommitted changes."""

    def __init__(self, git: Git, *, dirty: bool, hides_changes: bool) -> None:
        self._git = git
        self._dirty = dirty
        self._hides_changes = hides_changes

    @shared_property
    def committed(self) -> Mapping[str, str]:
        """The ids of the committed folders."""
        return self._git.trees()

    @shared_property
    def _changed(self) -> frozenset[str]:
        return frozenset(file.partition("/")[0] for file in self._git.dirty_files())

    def of(self, folder: str) -> str:
        """Return the id of a folder's content, with its uncommitted changes.

        Raises `HermesError` where there is no such content.
        """
        as_committed = not self._dirty or not (self._hides_changes or folder in self._changed)
        found = self.committed.get(folder) if as_committed else None
        return found or self._git.tree(folder, dirty=self._dirty)
