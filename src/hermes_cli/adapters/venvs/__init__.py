"""Interpreters, environments and locks, by uv."""

from __future__ import annotations

from .engine import uv_version
from .environments import Environment, Environments, Recipe, cache_root
from .interpreters import Interpreter, find_python
from .locks import ask_index, lock, newest

__all__ = [
    "Environment",
    "Environments",
    "Interpreter",
    "Recipe",
    "ask_index",
    "cache_root",
    "find_python",
    "lock",
    "newest",
    "uv_version",
]
