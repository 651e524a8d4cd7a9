"""Where Hermes keeps what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """The folder for what can be made again: `HERMES_CACHE_DIR`, else the user's cache."""
    chosen = os.environ.get("HERMES_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("hermes", appauthor=False)
