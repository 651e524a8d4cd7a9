"""PEP 517 builds: the hooks of a project's backend, run apart from everything of the caller's own."""

from __future__ import annotations

from .hooks import (
    SOURCE_DATE_EPOCH,
    BuildSystem,
    build_metadata,
    build_system,
    build_wheel,
    expect,
    extra_requirements,
    hook_environment,
)
from .warm import end_all, remember

__all__ = [
    "SOURCE_DATE_EPOCH",
    "BuildSystem",
    "build_metadata",
    "build_system",
    "build_wheel",
    "end_all",
    "expect",
    "extra_requirements",
    "hook_environment",
    "remember",
]
