"""Read built projects, also from a folder that `hermes build` wrote; every file is checked by its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Protocol

from hermes_cli.domain.build_record import BUILD_FILE, BuildRecord, BuiltFile, BuiltProject, read_build_record
from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed
from hermes_cli.domain.contract.names import did_you_mean


class Bundle(Protocol):
    """Built projects, ready to be deployed; what `record` says of the repo holds for all of them."""

    @property
    def folder(self) -> Path:
        """The folder of their files."""
        ...

    @property
    def record(self) -> BuildRecord:
        """The record of what they were built from."""
        ...

    def project(self, name: str) -> BuiltProject:
        """Return one built project. Raises `HermesError` where there is none."""
        ...

    def read(self, file: BuiltFile) -> bytes:
        """Read a file. Raises `ProjectFailed` where its bytes are not those that were built."""
        ...


@dataclass(frozen=True, kw_only=True)
class BuiltFolder:
    """A folder that `hermes build` wrote."""

    folder: Path
    record: BuildRecord

    def project(self, name: str) -> BuiltProject:
        """Return one built project. Raises `InvalidInput` where it was not built."""
        for project in self.record.projects:
            if project.project == name:
                return project
        names = [project.project for project in self.record.projects]
        raise InvalidInput(
            f"{self.folder} holds no build of {name}",
            hint=did_you_mean(name, names) or f"hermes build {name}",
        )

    def read(self, file: BuiltFile) -> bytes:
        """Read a file. Raises `ProjectFailed` where its bytes are not those that were built."""
        return read_file(self.folder, file)


def read_file(folder: Path, file: BuiltFile) -> bytes:
    """Read a file. Raises `ProjectFailed` where its bytes are not those that were built."""
    path = (folder / file.path).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ProjectFailed(f"{folder / BUILD_FILE} names {file.path}, which is outside of its folder")
    try:
        data = path.read_bytes()
    except OSError:
        raise ProjectFailed(f"{path} is missing", hint="hermes build") from None
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ProjectFailed(f"{path} was changed after it was built", hint="hermes build")
    return data


def open_bundle(folder: Path) -> BuiltFolder:
    """Open the build in a folder. Raises `InvalidInput` where there is none."""
    path = folder / BUILD_FILE
    try:
        data = path.read_bytes()
    except OSError:
        raise InvalidInput(
            f"{path} is not there", hint=f"hermes build --out-dir {quote(str(folder))}"
        ) from None
    return BuiltFolder(folder=folder, record=read_build_record(data, str(path)))
