"""Git, asked through its own command: only `remotes` reaches a network, only `applying` changes files.

`merging` and `applying` are for template updates alone, and are imported from there.
"""

from .command import PLACEHOLDER_IDENTITY, git_version
from .index import Index
from .remotes import clone, push, push_command, push_over
from .snapshot import Snapshot
from .worktree import Git

__all__ = [
    "PLACEHOLDER_IDENTITY",
    "Git",
    "Index",
    "Snapshot",
    "clone",
    "git_version",
    "push",
    "push_command",
    "push_over",
]
