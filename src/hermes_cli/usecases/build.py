"""hermes build: each project's scripts and wheel, into one folder with a record."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hermes_cli.adapters.threads import run_at_once
from hermes_cli.domain.build_record import BuildRecord, BuiltProject
from hermes_cli.domain.contract.errors import HermesError, reason_of
from hermes_cli.domain.events import Listener
from hermes_cli.domain.project import Project
from hermes_cli.usecases.building.on_demand import WORKERS, OnDemandBuilds
from hermes_cli.usecases.building.output_folder import check_replaceable, put_in_place
from hermes_cli.usecases.building.source_checks import warn_of_hidden_edits
from hermes_cli.usecases.repo.workspace import Workspace


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
    check_replaceable(out_dir)
    built: list[BuiltProject] = []
    failures: dict[str, HermesError] = {}
    with tempfile.TemporaryDirectory(prefix="hermes-build-") as scratch:
        warn_of_hidden_edits(workspace, projects, notify)
        builds = OnDemandBuilds(workspace, Path(scratch), count=len(projects), notify=notify)
        tasks = [partial(builds.attempt, project.name) for project in projects]
        for project, result in zip(
            projects, run_at_once(tasks, workers=WORKERS, stop=builds.end), strict=True
        ):
            if isinstance(result, HermesError):
                failures[project.name] = result
            else:
                built.append(result)
        record = replace(builds.record, projects=tuple(built))
        try:
            put_in_place(builds.folder, record, out_dir)
        except OSError as error:
            raise HermesError(
                f"{out_dir} cannot be written: {reason_of(error)}",
                hint="make room there, or name another folder: --out-dir",
            ) from error
    return BuildReport(folder=out_dir, record=record, failures=failures)
