"""hermes build: each project's scripts and wheel, into one folder with a record."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hermes_cli.adapters.threads import at_once
from hermes_cli.domain.build_record import BUILD_FILE, BuildRecord, BuiltProject, read_build_record
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, reason_of
from hermes_cli.domain.events import Listener
from hermes_cli.domain.project import Project
from hermes_cli.usecases.building.on_demand import WORKERS, OnDemandBuilds
from hermes_cli.usecases.repo.workspace import Workspace

# Holds a build until it is complete; inside its folder, the only place that is known to be writable.
_STAGING = ".hermes-new"


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """The builds in `folder`, and the errors of the other projects."""

    folder: Path
    record: BuildRecord
    failures: dict[str, HermesError]


def build(
    workspace: Workspace, projects: Sequence[Project], out_dir: Path, *, notify: Listener
) -> BuildReport:
    """Build projects into a folder; a failure of one does not stop the others.

    The folder's record is written last, and what an earlier build left there is replaced.
    """
    workspace.require_git()
    _check_replaceable(out_dir)
    built: list[BuiltProject] = []
    failures: dict[str, HermesError] = {}
    with tempfile.TemporaryDirectory(prefix="hermes-build-") as scratch:
        builds = OnDemandBuilds(workspace, Path(scratch), count=len(projects), notify=notify)
        tasks = [partial(builds.attempt, project.name) for project in projects]
        for project, result in zip(projects, at_once(tasks, workers=WORKERS, stop=builds.end), strict=True):
            if isinstance(result, HermesError):
                failures[project.name] = result
            else:
                built.append(result)
        record = replace(builds.record, projects=tuple(built))
        try:
            _put_in_place(builds.folder, record, out_dir)
        except OSError as error:
            raise HermesError(
                f"{out_dir} cannot be written: {reason_of(error)}",
                hint="make room there, or name another folder: --out-dir",
            ) from error
    return BuildReport(folder=out_dir, record=record, failures=failures)


def _put_in_place(made: Path, record: BuildRecord, out_dir: Path) -> None:
    """Copy what was built into its folder, and then only rename: a full disk leaves that as it was."""
    staging = out_dir / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of a build that was killed
    try:
        shutil.copytree(made, staging)
        (staging / BUILD_FILE).write_bytes(record.encode())
        files = [path.relative_to(staging) for path in staging.rglob("*") if path.is_file()]
        for file in files:
            (out_dir / file).parent.mkdir(exist_ok=True)
        _forget_earlier_build(out_dir)
        for file in sorted(files, key=lambda file: file.name == BUILD_FILE):
            (staging / file).replace(out_dir / file)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_replaceable(out_dir: Path) -> None:
    others = {path.name for path in out_dir.iterdir()} - {_STAGING} if out_dir.is_dir() else set()
    if others and not (out_dir / BUILD_FILE).is_file():
        raise InvalidInput(
            f"{out_dir} is not empty and holds no earlier build", hint="name another folder: --out-dir"
        )
    if out_dir.exists() and not out_dir.is_dir():
        raise InvalidInput(f"{out_dir} is not a folder", hint="name another one: --out-dir")


def _forget_earlier_build(out_dir: Path) -> None:
    record = out_dir / BUILD_FILE
    if not record.is_file():
        return
    try:
        earlier = read_build_record(record.read_bytes(), str(record)).projects
    except HermesError:
        earlier = ()
    for project in earlier:
        for file in (*project.scripts, *project.libraries, *((project.library,) if project.library else ())):
            path = (out_dir / file.path).resolve()
            if path.is_relative_to(out_dir.resolve()):
                path.unlink(missing_ok=True)
