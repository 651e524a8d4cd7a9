"""Git, called through its own command: only `remotes` and `fetching` reach a network, only `apply_merge` changes files.

`fetching`, `three_way_merge` and `apply_merge` are for templates alone, and are imported from there.
"""

from .command import PLACEHOLDER_IDENTITY, git_version
from .index import Index
from .large_files import LargeFileMissing
from .remotes import all_branches, clone, force_push, push, push_command
from .snapshot import CommitSource, Snapshot
from .source import GitSource
from .tree_files import same_text
from .worktree import Git

__all__ = [
    "PLACEHOLDER_IDENTITY",
    "CommitSource",
    "Git",
    "GitSource",
    "Index",
    "LargeFileMissing",
    "Snapshot",
    "all_branches",
    "clone",
    "force_push",
    "git_version",
    "push",
    "push_command",
    "same_text",
]
