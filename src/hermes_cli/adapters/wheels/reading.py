"""Read a wheel: its metadata and the digests of its files. One that must not be deployed is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.url_credentials import refuse_credentials

from .archive import Archive, Member, locate, unpack
from .secret_scan import find_secret


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel: its bytes, its metadata and its files.

    `requires` and `requires_python` are normalised, so that another spelling of the same is equal;
    so are `entry_points`. `payload` gives the sha256 of every file outside .dist-info; the paths of
    the .data folder are without the version.
    """

    file: str
    data: bytes
    distribution: str
    version: str
    requires_python: str | None
    requires: tuple[str, ...]
    extras: tuple[str, ...]
    entry_points: str | None
    payload: Mapping[str, str]
    archive: Archive = field(repr=False, compare=False)


def read_wheel(file: str, data: bytes) -> Wheel:
    """Read a wheel and search it for secrets. Raises `ProjectFailed` where it must not be deployed."""
    check_file_name(file)
    members = unpack(file, data)
    for member in members:
        secret = find_secret(member.path, member.data)
        if secret:
            raise ProjectFailed(
                f"{file} holds a secret: {member.path} ({secret})",
                hint="take it out of the package, and out of git if it was committed; "
                "then replace the credential",
            )
    return describe(file, data, members)


def check_file_name(file: str) -> tuple[str, Version]:
    """Return the canonical name and the version in a wheel's file name.

    Raises `ProjectFailed` where it is not a wheel for every Python 3 and every machine.
    """
    try:
        name, version, build, _ = parse_wheel_filename(file)
    except (InvalidWheelFilename, InvalidVersion) as error:
        raise ProjectFailed(f"{file!r} is not the file name of a wheel", detail=str(error)) from error
    python, abi, platform = file.removesuffix(".whl").split("-")[-3:]
    tag = f"{python}-{abi}-{platform}"
    if tag != "py3-none-any":
        if (abi, platform) != ("none", "any"):
            raise ProjectFailed(
                f"{file} is tagged {tag}: a compiled wheel cannot be deployed",
                hint="deploy pure Python, and depend on the compiled part as a package from an index",
            )
        raise ProjectFailed(
            f"{file} is tagged {tag}, and only py3-none-any can be deployed",
            hint='write requires-python = ">=3.10" in pyproject.toml, and remove `universal` and '
            "`python-tag` from setup.cfg and setup.py",
        )
    if build:
        raise ProjectFailed(
            f"{file} has a build tag ({build[0]}{build[1]}), which cannot be deployed",
            hint="remove the build number from the build backend's settings, and raise the version instead",
        )
    return name, version


def describe(file: str, data: bytes, members: Sequence[Member]) -> Wheel:
    """Return the facts in a wheel's members. Raises `ProjectFailed` where they contradict the file's name."""
    name, version = check_file_name(file)
    archive = locate(file, members, name, version)
    for needed in ("METADATA", "WHEEL", "RECORD"):
        if archive.find(needed) is None:
            raise ProjectFailed(f"{file} has no {needed} in {archive.dist_info}", hint="build it again")
    metadata = HeaderParser().parsestr((archive.find("METADATA") or b"").decode("utf-8", "replace"))
    its_name, its_version = _header(metadata, "Name") or "", _header(metadata, "Version") or ""
    if canonicalize_name(its_name) != name or not _same_version(its_version, version):
        raise ProjectFailed(
            f"{file}: its METADATA says {its_name or 'no name'} {its_version or 'and no version'}, "
            "unlike its file name",
            hint="build it again",
        )
    entry_points = archive.find("entry_points.txt")
    return Wheel(
        file=file,
        data=data,
        distribution=its_name,
        version=its_version,
        requires_python=_requires_python(file, metadata),
        requires=_requires(file, metadata),
        extras=tuple(sorted({canonicalize_name(e) for e in metadata.get_all("Provides-Extra", [])})),
        entry_points=None if entry_points is None else _entry_points(entry_points),
        payload={
            _payload_path(archive, name, member.path): hashlib.sha256(member.data).hexdigest()
            for member in members
            if not member.is_folder and not member.path.startswith(f"{archive.dist_info}/")
        },
        archive=archive,
    )


def _header(metadata: Message, key: str) -> str | None:
    value = metadata[key]
    return None if value is None else str(value).strip()


def _same_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _requires_python(file: str, metadata: Message) -> str | None:
    text = _header(metadata, "Requires-Python")
    try:
        return str(SpecifierSet(text)) if text else None
    except InvalidSpecifier as error:
        raise ProjectFailed(
            f"{file}: Requires-Python {text!r} is not a version specifier",
            hint='write it as requires-python = ">=3.10"',
        ) from error


def _requires(file: str, metadata: Message) -> tuple[str, ...]:
    lines = set()
    for line in metadata.get_all("Requires-Dist", []):
        refuse_credentials(str(line), f"{file}: Requires-Dist", ProjectFailed)
        try:
            requirement = Requirement(" ".join(str(line).split()))
        except InvalidRequirement as error:
            raise ProjectFailed(
                f"{file}: Requires-Dist {line!r} is not a requirement",
                hint="correct it in the project's dependencies",
                detail=str(error),
            ) from error
        requirement.name = canonicalize_name(requirement.name)
        lines.add(str(requirement))
    return tuple(sorted(lines))


def _entry_points(data: bytes) -> str:
    import configparser

    text = data.decode("utf-8", "replace")
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names differ by case
    try:
        parser.read_string(text)
    except configparser.Error:
        return text
    groups = []
    for group in sorted(parser.sections()):
        lines = sorted(f"{key} = {' '.join(value.split())}" for key, value in parser.items(group))
        groups.append("\n".join([f"[{group}]", *lines]))
    return "\n\n".join(groups)


def _payload_path(archive: Archive, name: str, path: str) -> str:
    folder, _, rest = path.partition("/")
    return f"{name.replace('-', '_')}.data/{rest}" if folder in archive.data_folders else path
