"""hermes build: each project's scripts and wheel, into one folder with a record."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hermes_cli import __version__
from hermes_cli.adapters import builder, venvs
from hermes_cli.domain.builds import BUILD_FILE, BuildRecord, BuiltFile, BuiltProject, read_build_record
from hermes_cli.domain.errors import HermesError, Interrupted, InvalidInput, reason_of
from hermes_cli.domain.project import Project

from .bundle import read_file
from .events import Listener, Stage
from .parallel import at_once
from .workshop import Workshop
from .workspace import Workspace

# As many builds at once as there are processors: a build keeps one busy.
WORKERS = max(2, min(os.cpu_count() or 2, 8))
# Where a build lies before all of it is there; in its folder, since only that can surely be written.
_STAGING = ".hermes-new"


def end_running() -> None:
    """End what builds and resolutions of other threads wait for."""
    builder.end_all()
    venvs.end_all()


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What was built into `folder`, and why the other projects were not."""

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
        made = Path(scratch) / "made"
        made.mkdir()
        workshop = Workshop(workspace, Path(scratch), notify)
        workspace.read_all()
        stage = Stage(name="building", total=len(projects))
        tasks = [partial(_finish, workshop, project, made, stage, notify) for project in projects]
        for project, result in zip(projects, at_once(tasks, workers=WORKERS, stop=end_running), strict=True):
            if isinstance(result, HermesError):
                failures[project.name] = result
            else:
                built.append(result)
        record = _record(workspace, built)
        try:
            _put_in_place(made, record, out_dir)
        except OSError as error:
            raise HermesError(
                f"{out_dir} cannot be written: {reason_of(error)}",
                hint="make room there, or name another folder: --out-dir",
            ) from error
    return BuildReport(folder=out_dir, record=record, failures=failures)


class Builds:
    """A bundle of projects that are built when they are first asked for; threads may share it.

    `count` is how many will be asked for.
    """

    def __init__(self, workspace: Workspace, folder: Path, *, count: int, notify: Listener) -> None:
        workspace.require_git()
        workspace.read_all()
        self.folder = folder / "made"
        self.folder.mkdir()
        self.record = _record(workspace)
        self._projects: dict[str, Project] = {one.name: one for one in workspace.projects}
        self._workshop = Workshop(workspace, folder, notify)
        self._stage = Stage(name="building", total=count)
        self._notify = notify
        self._slots = threading.BoundedSemaphore(WORKERS)
        self._made: dict[str, BuiltProject | HermesError] = {}
        self._guards = {name: threading.Lock() for name in self._projects}
        self._ended = False

    def project(self, name: str) -> BuiltProject:
        """One project, built by the first who asks. Raises what its build raises, each time."""
        with self._guards[name]:
            if name not in self._made:
                with self._slots:
                    self._made[name] = self._build(name)
        made = self._made[name]
        if isinstance(made, HermesError):
            raise made
        return made

    def _build(self, name: str) -> BuiltProject | HermesError:
        if self._ended:
            return Interrupted("interrupted")
        return _finish(self._workshop, self._projects[name], self.folder, self._stage, self._notify)

    def read(self, file: BuiltFile) -> bytes:
        """A file's bytes, as in any bundle."""
        return read_file(self.folder, file)

    def end(self) -> None:
        """End the builds that run, and begin no other."""
        self._ended = True
        end_running()


def _finish(
    workshop: Workshop, project: Project, folder: Path, stage: Stage, notify: Listener
) -> BuiltProject | HermesError:
    """Build one project of those that a stage is about."""
    notify(stage.begun(project.name))
    result: BuiltProject | HermesError
    try:
        result = workshop.finish(project, folder)
    except HermesError as error:
        result = error
    notify(stage.ended(project.name, failed=isinstance(result, HermesError)))
    return result


def _record(workspace: Workspace, built: Sequence[BuiltProject] = ()) -> BuildRecord:
    return BuildRecord(
        team=workspace.settings.team,
        repo_id=workspace.settings.repo_id,
        commit=workspace.checkout.head,
        dirty=workspace.checkout.dirty,
        hermes=__version__,
        projects=tuple(built),
    )


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
