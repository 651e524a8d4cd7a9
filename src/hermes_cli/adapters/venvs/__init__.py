"""Interpreters, environments and locks, by uv."""

from __future__ import annotations

from .environments import Environment, Environments, Recipe, cache_root
from .interpreters import Interpreter, find_python
from .locks import lock, newest

__all__ = [
    "Environment",
    "Environments",
    "Interpreter",
    "Recipe",
    "cache_root",
    "find_python",
    "lock",
    "newest",
]
