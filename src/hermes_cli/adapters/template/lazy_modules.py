"""Load a module only when something in it is first used, though it is imported earlier."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def load_when_used(name: str) -> None:
    """Let `import NAME` cost nothing until something of the module is asked for."""
    if name in sys.modules:
        return
    stand_in = ModuleType(name)

    def load(attribute: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = stand_in
