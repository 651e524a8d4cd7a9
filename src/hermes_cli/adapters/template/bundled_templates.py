"""Find the templates that are shipped with Hermes, each in its current version or in an earlier, released one."""

from __future__ import annotations

import json
from pathlib import Path

from hermes_cli import __version__
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

from .template_archives import archives, unpack


def bundled() -> Path:
    """Return the folder of the templates that came with this Hermes. Raises `HermesError`."""
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "templates", here.parents[4] / "templates"):
        if (folder / "project" / "cookiecutter.json").is_file():
            return folder
    raise HermesError(
        f"the templates that belong to Hermes are missing beside {here.parents[2]}",
        hint="install Hermes again",
    )


def find_bundled(name: str, wanted: str | None, scratch: Path) -> tuple[Path, str]:
    """Return a bundled template's folder and version; a released one is unpacked into `scratch`.

    `wanted` is a version, None for the current one. Raises `InvalidInput` for an unknown name or version.
    """
    folder = bundled()
    known = {path.parent.name for path in folder.glob("*/cookiecutter.json")}
    if name not in known:
        raise InvalidInput(
            f"Hermes has no template {name!r}, but {', '.join(sorted(known))}", hint=did_you_mean(name, known)
        )
    current = version_of(folder / name)
    released = archives(folder, name)
    if wanted is None or (wanted == current and wanted not in released):
        return folder / name, current
    if wanted not in released:
        versions = ", ".join(dict.fromkeys([*released, current]))
        raise InvalidInput(
            f"this Hermes ({__version__}) does not know version {wanted} of the template {name}",
            hint=f"it knows {versions}; for a newer one install a newer Hermes",
        )
    return unpack(released[wanted], scratch), wanted


def version_of(template: Path) -> str:
    """Return the version that a bundled template declares, else that of Hermes."""
    declared = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    return str(declared.get("_version", __version__))
