"""Lock a project's dependencies; a recent resolution of the same question is used again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from hermes_cli import __version__
from hermes_cli.adapters.cache import Cache, cache_root, key_of
from hermes_cli.adapters.python_environments import index_options, lock, resolution_settings
from hermes_cli.adapters.wheels import Wheel
from hermes_cli.domain.contract.lock_file import packages

# Seconds in which the same question to the same indexes has the same answer: what is published
# meanwhile gets into a lock that much later, and never into one that is recorded.
FRESH = 3600
_SCHEMA = 1


class DependencyResolver:
    """Resolves dependencies with these private indexes; threads may share it."""

    def __init__(self, indexes: Mapping[str, str]) -> None:
        self._indexes = indexes
        self._results = Cache(cache_root() / "locks")

    def lock(
        self,
        requirements: Sequence[str],
        libraries: Sequence[Wheel],
        *,
        python: str,
        files: Mapping[str, Path],
        own_names: frozenset[str],
        starting: Callable[[], None],
    ) -> str:
        """Lock requirements and those of the repo's own libraries, whose wheels are `files`.

        None of `own_names`, those of the repo's projects, may come from an index.
        `starting` is called where an index is asked. Raises what `venvs.lock` raises.
        """
        index_options(self._indexes)  # refuses what must not be in one
        if not requirements and len(libraries) < 2 and not any(one.requires for one in libraries):
            return ""
        local = {canonicalize_name(one.distribution) for one in libraries}
        key = key_of(
            {
                "schema": _SCHEMA,
                "hermes": __version__,
                "requirements": sorted(requirements),
                "libraries": [[one.file, one.requires, one.extras, one.requires_python] for one in libraries],
                "python": python,
                "own_names": sorted(own_names & local),
                "indexes": dict(self._indexes),
                "settings": resolution_settings(os.environ),
            }
        )
        found = self._results.get(key, since=time.time() - FRESH)
        if found is not None:
            text = found.data.decode()
            if not any(package.name in own_names for package in packages(text)):
                return text
        starting()
        text = lock(requirements, python=python, indexes=self._indexes, wheels=files, own_names=own_names)
        self._results.keep(key, {}, text.encode())
        return text
