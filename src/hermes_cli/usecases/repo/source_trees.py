"""Git's ids for what lies in folders: by them the same content is known without being read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from hermes_cli.adapters.git import Git
from hermes_cli.domain.release_policy import Checkout


class SourceTrees:
    """The folders at the top of a work tree. Git is asked once for all that are as they were committed."""

    def __init__(self, git: Git, checkout: Checkout) -> None:
        self._git = git
        self._checkout = checkout

    @cached_property
    def committed(self) -> Mapping[str, str]:
        """The ids of what is committed."""
        return self._git.trees()

    @cached_property
    def _changed(self) -> frozenset[str]:
        return frozenset(file.partition("/")[0] for file in self._git.dirty_files())

    def of(self, folder: str) -> str:
        """The id of a folder's content: as committed in a clean work tree, else as it lies here.

        Raises `HermesError` where there is no such content.
        """
        checkout = self._checkout
        as_committed = not checkout.dirty or not (checkout.hides_changes or folder in self._changed)
        found = self.committed.get(folder) if as_committed else None
        return found or self._git.tree(folder, dirty=checkout.dirty)
