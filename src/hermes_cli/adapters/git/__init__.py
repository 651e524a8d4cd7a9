"""Git, called through its own command: only `remotes` and `fetching` reach a network, only `apply_merge` changes files.

`fetching`, `three_way_merge` and `apply_merge` are for templates alone, and are imported from there.
"""

from .command import PLACEHOLDER_IDENTITY, git_version
from .index import Index
from .remotes import all_branches, clone, force_push, push, push_command
from .snapshot import Snapshot
from .worktree import Git

__all__ = [
    "PLACEHOLDER_IDENTITY",
    "Git",
    "Index",
    "Snapshot",
    "all_branches",
    "clone",
    "force_push",
    "git_version",
    "push",
    "push_command",
]
