"""A folder that `hermes build` left, read back: nothing in it is believed without its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from hermes_cli.domain.builds import BUILD_FILE, BuildRecord, BuiltFile, BuiltProject, read_build_record
from hermes_cli.domain.errors import InvalidInput, ProjectFailed
from hermes_cli.domain.names import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Built projects, ready to be deployed."""

    folder: Path
    record: BuildRecord

    def project(self, name: str) -> BuiltProject:
        """One built project. Raises `InvalidInput` where it was not built."""
        for project in self.record.projects:
            if project.project == name:
                return project
        names = [project.project for project in self.record.projects]
        raise InvalidInput(
            f"{self.folder} holds no build of {name}",
            hint=did_you_mean(name, names) or f"hermes build {name}",
        )

    def read(self, file: BuiltFile) -> bytes:
        """A file's bytes. Raises `ProjectFailed` where they are not those that were built."""
        path = (self.folder / file.path).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ProjectFailed(
                f"{self.folder / BUILD_FILE} names {file.path}, which lies outside its folder"
            )
        try:
            data = path.read_bytes()
        except OSError:
            raise ProjectFailed(f"{path} is missing", hint="hermes build") from None
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ProjectFailed(f"{path} was changed after it was built", hint="hermes build")
        return data


def open_bundle(folder: Path) -> Bundle:
    """The build that lies in a folder. Raises `InvalidInput` where there is none."""
    path = folder / BUILD_FILE
    try:
        data = path.read_bytes()
    except OSError:
        raise InvalidInput(
            f"{path} is not there", hint=f"hermes build --out-dir {quote(str(folder))}"
        ) from None
    return Bundle(folder=folder, record=read_build_record(data, str(path)))
