"""Git, asked through its own command; nothing here reaches a network, and only `apply` changes files."""

from .applying import apply, undo_unfinished
from .command import PLACEHOLDER_IDENTITY, git_version
from .merging import Change, Merged, MergeGround
from .snapshot import Snapshot
from .worktree import Git

__all__ = [
    "PLACEHOLDER_IDENTITY",
    "Change",
    "Git",
    "MergeGround",
    "Merged",
    "Snapshot",
    "apply",
    "git_version",
    "undo_unfinished",
]
