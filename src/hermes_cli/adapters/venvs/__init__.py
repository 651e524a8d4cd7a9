"""Interpreters, environments and locks, by uv."""

from __future__ import annotations

from .engine import end_all, index_options, resolution_settings, uv_version
from .environments import Environment, Environments, Recipe
from .interpreters import Interpreter, find_python
from .locks import ask_index, lock, newest

__all__ = [
    "Environment",
    "Environments",
    "Interpreter",
    "Recipe",
    "ask_index",
    "end_all",
    "find_python",
    "index_options",
    "lock",
    "newest",
    "resolution_settings",
    "uv_version",
]
