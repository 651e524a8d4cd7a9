"""Wheels made by hand, as odd as a test needs them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

from installer.sources import WheelFile


def metadata(name: str = "sample", version: str = "1.2.0", *headers: str, body: str = "") -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers]
    return ("\n".join(lines) + "\n\n" + body).encode()


def record_row(path: str, data: bytes, algorithm: str = "sha256") -> tuple[str, str, str]:
    raw = hashlib.new(algorithm, data).digest()
    return path, f"{algorithm}={base64.urlsafe_b64encode(raw).decode().rstrip('=')}", str(len(data))


def make_wheel(
    files: Mapping[str, bytes] | None = None,
    *,
    stem: str = "sample-1.2.0",
    meta: bytes | None = None,
    extra: Mapping[str, bytes] | None = None,
    algorithm: str = "sha256",
    rows: Sequence[tuple[str, str, str]] | None = None,
    leave_out: Sequence[str] = (),
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A wheel of these files; `extra` go into .dist-info; `rows` replace what RECORD would say."""
    dist_info = f"{stem}.dist-info"
    name, _, version = stem.rpartition("-")
    members = {
        **(files if files is not None else {"sample/__init__.py": b"ANSWER = 42\n"}),
        f"{dist_info}/METADATA": meta if meta is not None else metadata(name, version),
        f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n",
        **{f"{dist_info}/{path}": data for path, data in (extra or {}).items()},
    }
    record = f"{dist_info}/RECORD"
    if rows is None:
        rows = [record_row(path, data, algorithm) for path, data in members.items()] + [(record, "", "")]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    members[record] = text.getvalue().encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, data in members.items():
            if path.rpartition("/")[2] not in leave_out:
                archive.writestr(zipfile.ZipInfo(path, (1999, 12, 31, 23, 59, 58)), data, compression)
    return buffer.getvalue()


def check_record(file: str, data: bytes) -> None:
    """Raise where RECORD does not list each file of a wheel with its digest and size, as an installer checks it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.filename = file
        WheelFile(archive).validate_record()
