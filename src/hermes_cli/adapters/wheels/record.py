"""RECORD: the list of a wheel's files with their digests."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable

from hermes_cli.domain.contract.errors import ProjectFailed

from .archive import Member, unpack
from .reading import Wheel, open_wheel

_STRONG = ("sha256", "sha384", "sha512")
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """A digest as RECORD spells it: `sha256=` and urlsafe base64 without padding."""
    raw = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def write_record(members: Iterable[Member], record: str) -> bytes:
    """The RECORD of these members, itself (at the path `record`) listed without a digest."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for member in members:
        if member.path == record:
            writer.writerow((record, "", ""))
        elif not member.is_folder:
            writer.writerow((member.path, digest(member.data), len(member.data)))
    return text.getvalue().encode()


def verify_record(wheel: Wheel) -> None:
    """Compare every file with RECORD.

    Raises `ProjectFailed` that names the first file that is missing, unlisted or different.
    """
    archive = open_wheel(wheel.file, unpack(wheel.file, wheel.data))
    listed = _rows(wheel.file, archive.find("RECORD") or b"")
    unlisted = {f"{archive.dist_info}/{name}" for name in _UNLISTED}
    for member in archive.members:
        if member.is_folder:
            continue
        row = listed.pop(member.path, None)
        if member.path in unlisted:
            continue
        if row is None:
            raise ProjectFailed(f"{wheel.file}: {member.path} is not listed in RECORD", hint="build it again")
        algorithm, _, _ = row[0].partition("=")
        if algorithm not in _STRONG:
            raise ProjectFailed(
                f"{wheel.file}: RECORD has no digest of {member.path}, or a weak one", hint="build it again"
            )
        if (digest(member.data, algorithm), str(len(member.data))) != (row[0].rstrip("="), row[1]):
            raise ProjectFailed(
                f"{wheel.file}: {member.path} is not what RECORD says it is", hint="build it again"
            )
    for missing in sorted(listed):
        raise ProjectFailed(
            f"{wheel.file}: RECORD lists {missing}, which is not there", hint="build it again"
        )


def _rows(file: str, data: bytes) -> dict[str, tuple[str, str]]:
    rows: dict[str, tuple[str, str]] = {}
    try:
        for row in csv.reader(io.StringIO(data.decode(), newline="")):
            if row:
                path, hashed, size = row
                if path in rows:
                    raise ProjectFailed(f"{file}: RECORD lists {path} twice", hint="build it again")
                rows[path] = (hashed, size)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise ProjectFailed(
            f"{file}: its RECORD cannot be read", hint="build it again", detail=str(error)
        ) from error
    return rows
