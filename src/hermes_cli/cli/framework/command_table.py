"""The table of commands: which there are, and the texts that help and completion show without loading one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TYPE_CHECKING = False  # without `typing`, which help and completion would wait for
if TYPE_CHECKING:
    from typing import Any

PROGRAM = "hermes"
ABOUT = "Turn a Python script into a versioned, tested, deployed and scheduled data product."
# Each command below its panel, in the order of the help. The module of `template update` is template_update.
PANELS = {
    "Start": ("new", "adopt"),
    "Develop": ("add", "test", "run", "check"),
    "Ship": ("bump", "build", "plan", "deploy"),
    "Schedule": ("dag new",),
    "Look": ("status", "ls", "show", "log", "config"),
    "Operate": ("rollback", "yank", "retire", "prune", "verify", "doctor"),
    "Maintain": ("template update", "template test", "template fleet", "template workflow"),
}
COMMANDS = tuple(name for names in PANELS.values() for name in names)
# The first word of commands that have two, and the help of each.
GROUPS = {
    "dag": "Schedule deployed projects, in a team's Airflow repo.",
    "template": "Keep repos and templates up to date with each other.",
}
# The rest is read off the commands themselves, by `make completion`.
TEXTS = Path(__file__).with_name("commands.json")


@cache
def texts() -> dict[str, Any]:
    """Read the summary and the options of each command, and the options that stand before a command.

    An option is its names, what its value is (a kind such as `project`, the choices as in `text|json`,
    or nothing where it takes none), and its help.
    """
    found: dict[str, Any] = json.loads(TEXTS.read_bytes())
    return found


def words(group: str = "") -> dict[str, str]:
    """Return what may be typed first, or after the first word of a group, each with its panel in the help."""
    found: dict[str, str] = {}
    for panel, names in PANELS.items():
        for name in names:
            above, _, word = name.rpartition(" ")
            if above == group:
                found[word] = "Commands" if group else panel
            elif not group:
                found[above] = panel
    return found


def summary(name: str) -> str:
    """Return the first paragraph of a command's help, or the help of a group."""
    return GROUPS.get(name) or str(texts()["commands"][name]["summary"])
