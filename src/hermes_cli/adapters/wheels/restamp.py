"""Give a built wheel another version, and leave everything else as it is."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.contract.layout import wheel_file

from .archive import Member, pack
from .reading import Wheel, describe

# A lone \r ends a line too, but the one of \r\n does not.
_NEWLINE = rb"(?:\r\n|\r(?!\n)|\n)"
_BLANK_LINE = re.compile(_NEWLINE + _NEWLINE)
_VERSION = re.compile(
    rb"(?P<start>\A|" + _NEWLINE + rb")(?P<key>version:)[^\r\n]*(?:" + _NEWLINE + rb"[ \t][^\r\n]*)*",
    re.IGNORECASE,
)


def restamp(wheel: Wheel, version: str) -> Wheel:
    """Return the same wheel under another version (in the spelling that `packaging` normalises to).

    Raises `ProjectFailed` where the library requires its own version, which would not be there.
    """
    _refuse_own_version(wheel)
    archive = wheel.archive
    file = wheel_file(wheel.distribution, version)
    stem = file.removesuffix("-py3-none-any.whl")
    folders = {archive.dist_info: f"{stem}.dist-info"}
    folders.update(dict.fromkeys(archive.data_folders, f"{stem}.data"))
    metadata, record = f"{stem}.dist-info/METADATA", f"{stem}.dist-info/RECORD"
    members = []
    for member in archive.members:
        folder, slash, rest = member.path.partition("/")
        path = folders.get(folder, folder) + slash + rest
        if path.startswith(f"{record}."):
            continue  # a signature of the old RECORD
        data = _with_version(member.data, version) if path == metadata else member.data
        members.append(replace(member, path=path, data=data))
    written = write_record(members, record)
    members = [replace(m, data=written) if m.path == record else m for m in members]
    return describe(file, pack(members), members)


def _refuse_own_version(wheel: Wheel) -> None:
    for line in wheel.requires:
        requirement = Requirement(line)
        own = requirement.name == canonicalize_name(wheel.distribution)
        if own and (requirement.specifier or requirement.url):
            raise ProjectFailed(
                f"{wheel.file} requires {line}, its own version, and every suffix has a version of its own",
                hint=f"write it without a version: {requirement.name}"
                + (f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""),
            )


def _with_version(metadata: bytes, version: str) -> bytes:
    # The description follows the first blank line, and may have lines that look like headers.
    blank = _BLANK_LINE.search(metadata)
    end = blank.start() if blank else len(metadata)
    head = _VERSION.sub(
        lambda match: match["start"] + match["key"] + b" " + version.encode(), metadata[:end], count=1
    )
    return head + metadata[end:]


def write_record(members: Iterable[Member], record: str) -> bytes:
    """Return the RECORD of these members, which lists itself (at the path `record`) without a digest."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for member in members:
        if member.path == record:
            writer.writerow((record, "", ""))
        elif not member.is_folder:
            digest = base64.urlsafe_b64encode(hashlib.sha256(member.data).digest()).decode().rstrip("=")
            writer.writerow((member.path, f"sha256={digest}", len(member.data)))
    return text.getvalue().encode()
