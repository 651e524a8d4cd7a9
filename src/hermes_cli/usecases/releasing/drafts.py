"""Draft the deploy of a built project to one environment: its manifest and its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from hermes_cli.domain.build_record import BuiltFile
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.contract.layout import Layout, wheel_file
from hermes_cli.domain.contract.manifest import Artifact, Manifest, read_manifest
from hermes_cli.domain.contract.suffixes import Release, Suffix
from hermes_cli.domain.project import Project
from hermes_cli.usecases.building.bundle import Bundle
from hermes_cli.usecases.repo.workspace import Workspace, cluster_python

from .target_environments import Target

if TYPE_CHECKING:
    from hermes_cli.adapters.wheels import Wheel


class RestampedLibrary:
    """A project's wheel under the versions that its suffixes need: read once, and restamped once for each."""

    def __init__(self, file: str, data: bytes) -> None:
        self._file = file
        self._data = data
        self._restamped: dict[str, bytes] = {}

    @cached_property
    def _wheel(self) -> Wheel:
        from hermes_cli.adapters.wheels import read_wheel

        return read_wheel(self._file, self._data)

    def at(self, version: str) -> bytes:
        """Return the wheel's bytes under a version."""
        if version not in self._restamped:
            from hermes_cli.adapters.wheels import restamp

            self._restamped[version] = restamp(self._wheel, version).data
        return self._restamped[version]


def library_of(bundle: Bundle, project: Project) -> RestampedLibrary | None:
    """Return the library of a built project, if it has one."""
    library = bundle.project(project.name).library
    return RestampedLibrary(Path(library.path).name, bundle.read(library)) if library else None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A suffix as it is to be deployed: its manifest, and the bytes that the manifest points at, by key."""

    layout: Layout
    suffix: Suffix
    manifest: Manifest
    builds: Mapping[str, bytes]
    library: RestampedLibrary | None = None


def check_bundle(workspace: Workspace, bundle: Bundle) -> None:
    """Raise `Refused` where a folder was not built in this repo from this commit."""
    record, checkout = bundle.record, workspace.checkout
    if (record.team, record.repo_id) != (workspace.settings.team, workspace.settings.repo_id):
        raise Refused(f"{bundle.folder} was built in another repo", hint="hermes build")
    if workspace.git is not None and record.commit != checkout.head:
        raise Refused(
            f"{bundle.folder} was built from commit {(record.commit or 'none')[:12]}, "
            f"and {(checkout.head or 'none')[:12]} is checked out",
            hint="hermes build",
        )


def make_draft(
    workspace: Workspace,
    target: Target,
    bundle: Bundle,
    project: Project,
    library: RestampedLibrary | None,
) -> Draft:
    """Restamp the wheel for the suffix, and write the manifest that records everything.

    Raises `Refused` for a release that was built with uncommitted changes, `InvalidInput` where the bundle
    has no lock for the environment's Python.
    """
    built, record, decision = bundle.project(project.name), bundle.record, target.decision
    layout = workspace.layout(project.name)
    suffix: Suffix = decision.feature or Release(Version(built.version))
    if isinstance(suffix, Release) and record.dirty:
        raise Refused(f"{bundle.folder} was built from a work tree with changes", hint="hermes build")
    python = cluster_python(target.environment)
    if python not in built.locks:
        raise InvalidInput(
            f"{bundle.folder} holds no lock for Python {python}, which {target.name} has", hint="hermes build"
        )
    now = target.store.now()
    builds: dict[str, bytes] = {}

    def add(file: BuiltFile, name: str, data: bytes) -> Artifact:
        digest = hashlib.sha256(data).hexdigest()
        key = layout.build(f"{now:%Y%m}", digest, name)
        builds[key] = data
        return Artifact(kind=file.kind, name=file.name, key=key, sha256=digest, size=len(data))

    artifacts = [add(file, f"{file.name}.py", bundle.read(file)) for file in built.scripts]
    if built.library is not None and library is not None:
        name = wheel_file(built.distribution, suffix.wheel_version)
        artifacts.append(add(built.library, name, library.at(suffix.wheel_version)))
    # They keep their own versions, which the project may require.
    libraries = [add(file, Path(file.path).name, bundle.read(file)) for file in built.libraries_on(python)]
    branch = decision.feature.branch if decision.feature else workspace.settings.default_branch
    manifest = Manifest(
        team=layout.team,
        project=layout.project,
        suffix=str(suffix),
        version=built.version,
        repo_id=record.repo_id,
        branch=branch or "",
        commit=record.commit,
        tree=built.tree,
        dirty=record.dirty,
        content=built.content,
        artifacts=tuple(artifacts),
        libraries=tuple(libraries),
        lock=built.locks[python],
        python=python,
        dependencies=built.dependencies,
        requires_python=built.requires_python,
        created=now.isoformat(timespec="seconds"),
        actor=workspace.ref.actor or workspace.user,
        ci_run=workspace.ref.run_url,
        hermes=record.hermes,
        backend=built.backend,
        secrets=built.secrets,
    )
    # A manifest that no reader accepts must not be written: the build record may come from another job.
    read_manifest(manifest.encode(), f"the manifest of {layout.project}@{suffix}", layout, suffix)
    return Draft(layout=layout, suffix=suffix, manifest=manifest, builds=builds, library=library)
