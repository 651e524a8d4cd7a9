"""PEP 517 builds: run the hooks of a project's backend, isolated from the caller's environment."""

from __future__ import annotations

from .hook_processes import end_all, keep_imports
from .hooks import (
    SOURCE_DATE_EPOCH,
    BuildSystem,
    build_metadata,
    build_system,
    build_wheel,
    extra_requirements,
    hook_environment,
    start_ahead,
)

__all__ = [
    "SOURCE_DATE_EPOCH",
    "BuildSystem",
    "build_metadata",
    "build_system",
    "build_wheel",
    "end_all",
    "extra_requirements",
    "hook_environment",
    "keep_imports",
    "start_ahead",
]
