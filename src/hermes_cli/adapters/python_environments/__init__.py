"""Find interpreters, make Python environments and resolve locks, by uv."""

from __future__ import annotations

from .dependency_resolution import ask_index, lock, may_be_on_index, newest
from .environments import PythonEnvironment, PythonEnvironments, Recipe
from .interpreters import Interpreter, find_python
from .uv import end_all, index_options, resolution_settings, uv_version

__all__ = [
    "Interpreter",
    "PythonEnvironment",
    "PythonEnvironments",
    "Recipe",
    "ask_index",
    "end_all",
    "find_python",
    "index_options",
    "lock",
    "may_be_on_index",
    "newest",
    "resolution_settings",
    "uv_version",
]
