"""Git, asked through its own command: only `remotes` reaches a network, only `apply` changes files."""

from .applying import apply, undo_unfinished
from .command import PLACEHOLDER_IDENTITY, git_version
from .merging import Change, Merged, MergeGround
from .remotes import clone, push, push_command, push_over
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
    "clone",
    "git_version",
    "push",
    "push_command",
    "push_over",
    "undo_unfinished",
]
