"""Read and write build.json: the record of a build, beside its artifacts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hermes_cli.domain.contract.documents import decode, encode, field, optional
from hermes_cli.domain.contract.layout import SCRIPT
from hermes_cli.domain.contract.names import parse_script, parse_version
from hermes_cli.domain.contract.run_specification import parse_secrets
from hermes_cli.domain.url_credentials import refuse_credentials

BUILD_FILE = "build.json"


@dataclass(frozen=True, kw_only=True)
class BuiltFile:
    """A script or wheel; `path` is relative to the folder of build.json, `size` in bytes."""

    kind: str
    name: str
    path: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class BuiltProject:
    """One project's artifacts, and all that its manifests will say of them.

    `libraries` are the wheels of the same repo that it needs, `needs` their projects, and
    `locks` the text of its lock for each Python version that an environment has; `spared` names those
    of its libraries that a version does not need, by their markers. `secrets` are names.
    """

    project: str
    distribution: str
    version: str
    tree: str
    content: str
    scripts: tuple[BuiltFile, ...]
    library: BuiltFile | None
    libraries: tuple[BuiltFile, ...]
    needs: tuple[str, ...]
    dependencies: tuple[str, ...]
    requires_python: str | None
    locks: Mapping[str, str]
    backend: str | None
    secrets: tuple[str, ...] = ()
    spared: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def libraries_on(self, python: str) -> tuple[BuiltFile, ...]:
        """Return the libraries of the repo that it needs on this Python (3.11)."""
        return tuple(one for one in self.libraries if one.name not in self.spared.get(python, ()))


@dataclass(frozen=True, kw_only=True)
class BuildRecord:
    """The record of a build: its projects, and the commit that they were built from."""

    team: str
    repo_id: str
    commit: str | None
    dirty: bool
    hermes: str
    projects: tuple[BuiltProject, ...]

    def encode(self) -> bytes:
        """Return the record as it is written to build.json."""
        return encode({"kind": "build", **asdict(self)})


def read_build_record(data: bytes, where: str) -> BuildRecord:
    """Parse build.json. Raises `BrokenDocument`."""
    document = decode(data, where)
    return BuildRecord(
        team=field(document, "team", str, where),
        repo_id=field(document, "repo_id", str, where),
        commit=optional(document, "commit", str, where),
        dirty=field(document, "dirty", bool, where),
        hermes=field(document, "hermes", str, where),
        projects=tuple(_project(row, where) for row in field(document, "projects", list, where)),
    )


def _project(row: Mapping[str, Any], where: str) -> BuiltProject:
    library = optional(row, "library", dict, where)
    return BuiltProject(
        project=field(row, "project", str, where),
        distribution=field(row, "distribution", str, where),
        version=str(parse_version(field(row, "version", str, where), where)),
        tree=field(row, "tree", str, where),
        content=field(row, "content", str, where),
        scripts=tuple(_file(file, where) for file in field(row, "scripts", list, where)),
        library=_file(library, where) if library else None,
        libraries=tuple(_file(file, where) for file in field(row, "libraries", list, where)),
        needs=tuple(str(name) for name in field(row, "needs", list, where)),
        dependencies=tuple(_dependency(item, where) for item in field(row, "dependencies", list, where)),
        requires_python=optional(row, "requires_python", str, where),
        locks={str(key): str(value) for key, value in field(row, "locks", dict, where).items()},
        backend=optional(row, "backend", str, where),
        secrets=parse_secrets(optional(row, "secrets", list, where) or (), where),
        spared={
            str(python): tuple(map(str, names))
            for python, names in (optional(row, "spared", dict, where) or {}).items()
        },
    )


def _dependency(item: object, where: str) -> str:
    refuse_credentials(str(item), f"{where}: dependencies")
    return str(item)


def _file(row: Mapping[str, Any], where: str) -> BuiltFile:
    return BuiltFile(
        kind=field(row, "kind", str, where),
        name=_name(row, where),
        path=field(row, "path", str, where),
        sha256=field(row, "sha256", str, where),
        size=field(row, "size", int, where),
    )


def _name(row: Mapping[str, Any], where: str) -> str:
    name = field(row, "name", str, where)
    return parse_script(name) if row.get("kind") == SCRIPT else name


def content_digest(
    *,
    scripts: Mapping[str, str],
    payload: Mapping[str, str],
    entry_points: str | None,
    dependencies: Iterable[str],
    requires_python: str | None,
    secrets: Iterable[str] = (),
) -> str:
    """Return the digest of what would run: the same for any commit, build backend or lock.

    `scripts` and `payload` map names to the sha256 of their bytes. Tests, a README and the
    version number itself are left out. The names of secrets count: a run that lacks one fails,
    so a release that needs another one is another release.
    """
    facts: dict[str, object] = {
        "scripts": dict(scripts),
        "payload": dict(payload),
        "entry_points": entry_points,
        "dependencies": sorted(dependencies),
        "requires_python": requires_python,
    }
    if names := sorted(secrets):  # without any, the digest is the one from before there were secrets
        facts["secrets"] = names
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
