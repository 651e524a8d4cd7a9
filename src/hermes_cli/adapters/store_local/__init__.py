"""A directory that keeps objects: the environment of a laptop."""

from .local_store import LocalStore

__all__ = ["LocalStore"]
