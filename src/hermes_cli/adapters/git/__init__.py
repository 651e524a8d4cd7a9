"""Git, asked through its own command; nothing here reaches a network or changes the user's index."""

from .command import PLACEHOLDER_IDENTITY, git_version
from .snapshot import Snapshot
from .worktree import Git

__all__ = ["PLACEHOLDER_IDENTITY", "Git", "Snapshot", "git_version"]
