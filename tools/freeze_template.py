"""Keep each bundled template's current version as an archive, so that it stays renderable: make freeze-templates."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hermes_cli.adapters import template


def main() -> str | None:
    """Write the archives that are missing; a sentence where a released version was changed."""
    templates = template.bundled()
    for settings in sorted(templates.glob("*/cookiecutter.json")):
        folder = settings.parent
        version = template.version_of(folder)
        archive = templates / "history" / f"{folder.name}-{version}.zip"
        if not archive.exists():
            template.pack(folder, archive)
            sys.stdout.write(f"wrote templates/history/{archive.name}\n")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            if template.content(template.unpack(archive, Path(scratch))) == template.content(folder):
                continue
        return (
            f"{folder.name} {version} is released, and the template has changed since: raise _version in "
            f"templates/{folder.name}/cookiecutter.json"
        )
    return None


if __name__ == "__main__":
    sys.exit(main())
