"""Unpack and pack the zip archive of a wheel, and find the folders that carry its version."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hermes_cli.domain.contract.errors import ProjectFailed

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry of the archive, in the place and with the attributes that `info` holds."""

    path: str
    data: bytes
    info: zipfile.ZipInfo

    @property
    def is_folder(self) -> bool:
        """Return whether the entry only names a folder, which installers and RECORD pass over."""
        return self.path.endswith("/")


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A wheel's members, and which of its top-level folders have the version in their names."""

    members: tuple[Member, ...]
    dist_info: str
    data_folders: frozenset[str]

    def find(self, name: str) -> bytes | None:
        """Return a file of the .dist-info folder, None where it is missing."""
        path = f"{self.dist_info}/{name}"
        return next((member.data for member in self.members if member.path == path), None)


def unpack(file: str, data: bytes) -> tuple[Member, ...]:
    """Unpack every member of the archive. Raises `ProjectFailed` where it is damaged or unsafe."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            members = tuple(Member(path=i.filename, data=archive.read(i), info=i) for i in infos)
    except Exception as error:  # zipfile raises a dozen kinds for bytes that are not an archive
        raise ProjectFailed(
            f"{file} is not a wheel: it is not a zip archive, or a damaged one",
            hint="build it again",
            detail=str(error),
        ) from error
    seen: set[str] = set()
    for member in members:
        if _escapes(member.info.orig_filename):
            raise ProjectFailed(
                f"{file} holds {member.info.orig_filename!r}, a path that leads out of the wheel",
                hint="remove that file from the package",
            )
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in member.path):
            raise ProjectFailed(
                f"{file} holds {member.path!r}, a name that installers refuse", hint="rename that file"
            )
        if member.path in seen:
            raise ProjectFailed(f"{file} holds {member.path} twice", hint="build it again")
        seen.add(member.path)
    return members


def _escapes(path: str) -> bool:
    return (
        path.startswith("/")
        or _DRIVE.match(path) is not None
        or "\\" in path
        or "\0" in path
        or ".." in path.split("/")
    )


def locate(file: str, members: Sequence[Member], name: str, version: Version) -> Archive:
    """Find the folders that belong to this name and version. Raises `ProjectFailed`."""
    folders = sorted({member.path.partition("/")[0] for member in members if "/" in member.path})
    dist_infos = [folder for folder in folders if folder.endswith(".dist-info")]
    if not dist_infos:
        raise ProjectFailed(f"{file} has no .dist-info folder, so no METADATA", hint="build it again")
    if len(dist_infos) > 1:
        raise ProjectFailed(f"{file} holds more than one .dist-info folder: {', '.join(dist_infos)}")
    if not _belongs(dist_infos[0].removesuffix(".dist-info"), name, version):
        raise ProjectFailed(f"{file} holds {dist_infos[0]}, which is of another package or version")
    return Archive(
        members=tuple(members),
        dist_info=dist_infos[0],
        data_folders=frozenset(
            folder
            for folder in folders
            if folder.endswith(".data") and _belongs(folder.removesuffix(".data"), name, version)
        ),
    )


def _belongs(stem: str, name: str, version: Version) -> bool:
    its_name, _, its_version = stem.rpartition("-")
    try:
        return canonicalize_name(its_name) == name and Version(its_version.replace("_", "-")) == version
    except InvalidVersion:
        return False


def pack(members: Iterable[Member]) -> bytes:
    """Pack these members; the same members always give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            info = zipfile.ZipInfo(member.path, member.info.date_time)
            info.compress_type = member.info.compress_type
            info.create_system = member.info.create_system
            info.external_attr = member.info.external_attr
            archive.writestr(info, member.data)
            # writestr gives attributes to an entry that has none.
            info.external_attr = member.info.external_attr
    return buffer.getvalue()
