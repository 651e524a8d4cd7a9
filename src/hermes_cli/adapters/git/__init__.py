"""Git, asked through its own command: only `push` reaches a network, and only `apply` changes files."""

from .applying import apply, undo_unfinished
from .command import PLACEHOLDER_IDENTITY, git_version
from .merging import Change, Merged, MergeGround
from .remotes import push, push_command
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
    "push",
    "push_command",
    "undo_unfinished",
]
