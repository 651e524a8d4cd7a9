"""Launch a run: resolve the version, verify its files, and start the run or find it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ._hermes import catalog
from ._hermes.errors import Conflict, HermesError, InvalidInput
from ._hermes.job_specification import Pin, builds_of, pin, pin_of, submission
from ._hermes.layout import BuildKey, Layout
from ._hermes.store import Reader
from ._hermes.suffixes import Release, parse_suffix
from .airflow_variables import TeamSetup
from .bucket import BucketReader
from .runs import ATTEMPT_TAG, MOST_RUNS, DatabricksRuns, Run
from .task_try import TaskTry


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """The run that a DAG author asked for."""

    layout: Layout
    script: str | None
    script_version: str
    library_version: str | None
    parameters: Sequence[str]
    use_data_sharing: bool
    view_teams: Sequence[str]
    timeout_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class LaunchedRun:
    """A run that was started or found again, and the files that it runs."""

    layout: Layout
    environment: str
    pin: Pin
    builds: tuple[BuildKey, ...]
    run: Run
    runs: DatabricksRuns

    @property
    def target(self) -> str:
        """`PROJECT/SCRIPT@SUFFIX`."""
        return f"{self.layout.project}/{self.pin.script}@{self.pin.suffix}"

    def record(self) -> dict[str, Any]:
        """Return the facts of the run, for other tasks and for later."""
        return {
            "environment": self.environment,
            "team": self.layout.team,
            "project": self.layout.project,
            "script": self.pin.script,
            "suffix": self.pin.suffix,
            "version": self.pin.version,
            "commit": self.pin.commit,
            "library": self.pin.library,
            "sha256": {build.file: build.sha256 for build in self.builds},
            "run_id": self.run.id,
            "url": self.run.url,
        }

    def log_lines(self) -> Iterator[str]:
        """Return the facts of the run as lines for the task's log."""
        how = "started" if self.run.own else "found finished" if self.run.ended else "taken up again"
        yield f"Databricks run {self.run.id} was {how}: {self.run.url}"
        yield (
            f"it runs {self.target} of team {self.layout.team} in {self.environment}: "
            f"version {self.pin.version}, commit {self.pin.commit or 'unknown'}"
        )
        for build in self.builds:
            yield f"  {build.file} sha256 {build.sha256}"


def launch(
    request: RunRequest,
    setup: TeamSetup,
    task_try: TaskTry,
    runs: DatabricksRuns,
    found: Callable[[int], None],
) -> LaunchedRun:
    """Start a run, or find the one that an earlier try of the task started.

    A run that goes on is followed again, and one that succeeded counts; after a failed one the next
    runs the same bytes, whatever `latest` is by now. Raises `HermesError`.
    """
    reader = BucketReader(setup.bucket)
    chosen = _resolve(request, setup, reader)
    tags = {
        ATTEMPT_TAG: runs.attempt,
        "airflow_dag": task_try.dag,
        "airflow_task": task_try.task,
        "airflow_run": task_try.run,
    }
    for counter in range(MOST_RUNS):
        builds = builds_of(chosen, setup.bucket.url, request.layout)
        for build in builds:
            catalog.read_build(reader, build)
        body = submission(
            chosen,
            setup.platform,
            request.layout,
            parameters=request.parameters,
            use_data_sharing=request.use_data_sharing,
            view_teams=request.view_teams,
            tags=tags,
            token=task_try.token(counter),
            timeout_seconds=request.timeout_seconds,
        )
        run = runs.submit(body, found)
        if not run.own:
            if task_try.is_first and run.ended:
                # It is of a DAG run with the same dates that was deleted, or of an earlier `airflow dags test`.
                continue
            chosen = pin_of(run.answer, setup.bucket.url, request.layout)
            builds = builds_of(chosen, setup.bucket.url, request.layout)
        if run.own or not run.ended or run.succeeded:
            return LaunchedRun(
                layout=request.layout,
                environment=setup.platform.environment,
                pin=chosen,
                builds=builds,
                run=run,
                runs=runs,
            )
        _refuse_yanked(chosen, request.layout, reader)
    raise HermesError(
        f"the runs of {request.layout.project} have failed {MOST_RUNS} times",
        hint="look at them on Databricks; clearing the task starts to count anew",
    )


def _resolve(request: RunRequest, setup: TeamSetup, reader: Reader) -> Pin:
    deployed = _deployed(request.script_version, "script_version", request.layout, reader)
    manifest = deployed.manifest
    library = None
    if request.library_version is not None:
        library = _deployed(request.library_version, "library_version", request.layout, reader).manifest
    return pin(setup.bucket.url, manifest, manifest.script(request.script), library=library)


def _deployed(version: object, argument: str, layout: Layout, reader: Reader) -> catalog.Deployed:
    if not isinstance(version, str) or not version:
        raise InvalidInput(
            f"{argument} of {layout.project} is {version!r}, which is not a string",
            hint=f'write {argument}="1.2.0", "latest", or the name of a branch',
        )
    deployed = catalog.resolve(reader, layout, parse_suffix(version))
    if deployed.yank is not None:
        raise _yanked(layout, deployed.yank.version, deployed.yank.act.reason)
    return deployed


def _refuse_yanked(chosen: Pin, layout: Layout, reader: Reader) -> None:
    """Raise `Conflict` where the version that a retry would run again has been yanked since."""
    latest = catalog.find_latest(reader, layout)
    if latest is None:
        return
    for suffix in map(parse_suffix, filter(None, (chosen.suffix, chosen.library))):
        yank = latest[0].yank_of(suffix.version) if isinstance(suffix, Release) else None
        if yank is not None:
            raise _yanked(layout, yank.version, yank.act.reason)


def _yanked(layout: Layout, version: str, reason: str | None) -> Conflict:
    return Conflict(
        f"{layout.project} {version} is yanked: {reason or 'no reason given'}",
        hint="name another version, or clear the task to run latest",
    )
