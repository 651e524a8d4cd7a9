"""Pack and unpack released versions of the bundled templates: small archives, the same bytes on every machine."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

_ARCHIVE = re.compile(r"(?P<name>[a-z][a-z0-9_-]*)-(?P<version>\d[\w.]*)\.zip")
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Installers compile what ends with .py, and editors leave things behind.
NOT_TEMPLATE_FILES = ("__pycache__", "*.pyc", ".git", ".DS_Store")


def archives(templates: Path, name: str) -> dict[str, Path]:
    """Return the archive of each released version of a bundled template, the oldest first."""
    found = {}
    for path in (templates / "history").glob("*.zip"):
        match = _ARCHIVE.fullmatch(path.name)
        if match and match["name"] == name:
            found[match["version"]] = path
    return dict(sorted(found.items(), key=lambda item: Version(item[0])))


def unpack(archive: Path, into: Path) -> Path:
    """Write the template of an archive below `into`, and return its folder."""
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            path = Path(opened.extract(info, into))
            path.chmod(info.external_attr >> 16)
    return into


def pack(template: Path, archive: Path) -> None:
    """Write a template into an archive. Stored, not compressed: what zlib makes differs between machines."""
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        for name, (mode, data) in content(template).items():
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.create_system = 3  # Unix, so that the mode counts
            info.external_attr = (0o100000 | mode) << 16
            opened.writestr(info, data)


def content(template: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file of a template by its path: its mode, 0o644 or 0o755, and what is in it."""
    found = {}
    for path in _files(template):
        mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
        found[path.relative_to(template).as_posix()] = (mode, path.read_bytes())
    return found


def _files(template: Path) -> Iterator[Path]:
    for path in sorted(template.rglob("*"), key=lambda one: one.relative_to(template).as_posix()):
        inside = path.relative_to(template)
        if path.is_file() and not any(
            part.match(pattern) for part in map(Path, inside.parts) for pattern in NOT_TEMPLATE_FILES
        ):
            yield path
