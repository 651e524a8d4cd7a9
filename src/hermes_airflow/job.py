"""From what a DAG author wrote to a run: resolve, check, and start it or find it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from ._hermes import catalog
from ._hermes.errors import Conflict, HermesError, InvalidInput
from ._hermes.job_specification import Pin, builds_of, pin, pin_of, submission
from ._hermes.layout import BuildKey, Layout
from ._hermes.names import parse_suffix
from ._hermes.store import Reader
from .bucket import BucketReader
from .life import Life
from .runs import ATTEMPT_TAG, Run, Runs, counters
from .variables import Setup


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a DAG author asked for."""

    layout: Layout
    script: str | None
    script_version: str
    library_version: str | None
    parameters: Sequence[str]
    use_data_sharing: bool
    view_teams: Sequence[str]
    timeout_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A run that was started or found again, and what it runs."""

    layout: Layout
    environment: str
    pin: Pin
    builds: tuple[BuildKey, ...]
    run: Run
    runs: Runs

    @property
    def what(self) -> str:
        """`PROJECT/SCRIPT@SUFFIX`."""
        return f"{self.layout.project}/{self.pin.script}@{self.pin.suffix}"

    def record(self) -> dict[str, Any]:
        """What ran, for other tasks and for those who look later."""
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

    def story(self) -> Iterator[str]:
        """The same for the task's log, one line each."""
        how = "started" if self.run.own else "found finished" if self.run.ended else "taken up again"
        yield f"Databricks run {self.run.id} was {how}: {self.run.url}"
        yield (
            f"it runs {self.what} of team {self.layout.team} in {self.environment}: "
            f"version {self.pin.version}, commit {self.pin.commit or 'unknown'}"
        )
        for build in self.builds:
            yield f"  {build.file} sha256 {build.sha256}"


def launch(job: Job, setup: Setup, life: Life, runs: Runs, found: Callable[[int], None]) -> Launched:
    """Start a run, or find the one that an earlier try of the same life left behind.

    A live run is taken up again, a finished one adopted; after a failed one the next runs the same
    bytes, whatever `latest` is by now. Raises `HermesError`.
    """
    reader = BucketReader(setup.bucket)
    chosen = _resolve(job, setup, reader)
    tags = {
        ATTEMPT_TAG: runs.attempt,
        "airflow_dag": life.dag,
        "airflow_task": life.task,
        "airflow_run": life.run,
    }
    for counter in counters():
        builds = builds_of(chosen, setup.bucket.url, job.layout)
        for build in builds:
            catalog.read_build(reader, build)
        body = submission(
            chosen,
            setup.platform,
            job.layout,
            parameters=job.parameters,
            use_data_sharing=job.use_data_sharing,
            view_teams=job.view_teams,
            tags=tags,
            token=life.token(counter),
            timeout_seconds=job.timeout_seconds,
        )
        run = runs.submit(body, found)
        if not run.own:
            if life.first_try and run.ended:
                # Of a DAG run with the same dates that was deleted, or of an earlier `airflow dags test`.
                continue
            chosen = pin_of(run.answer, setup.bucket.url, job.layout)
            builds = builds_of(chosen, setup.bucket.url, job.layout)
        if run.own or not run.ended or run.succeeded:
            return Launched(
                layout=job.layout,
                environment=setup.platform.environment,
                pin=chosen,
                builds=builds,
                run=run,
                runs=runs,
            )
        _refuse_yanked(chosen, job.layout, reader)
    raise HermesError(
        f"the runs of {job.layout.project} have failed {len(counters())} times",
        hint="look at them on Databricks; clearing the task starts to count anew",
    )


def _resolve(job: Job, setup: Setup, reader: Reader) -> Pin:
    deployed = _deployed(job.script_version, "script_version", job.layout, reader)
    manifest = deployed.manifest
    library = None
    if job.library_version is not None:
        library = _deployed(job.library_version, "library_version", job.layout, reader).manifest
    return pin(setup.bucket.url, manifest, manifest.script(job.script), library=library)


def _deployed(version: object, argument: str, layout: Layout, reader: Reader) -> catalog.Deployed:
    if not isinstance(version, str) or not version:
        raise InvalidInput(
            f"{argument} of {layout.project} is {version!r}, which is no text",
            hint=f'write {argument}="1.2.0", "latest", or the name of a branch',
        )
    deployed = catalog.resolve(reader, layout, parse_suffix(version))
    if deployed.yank is not None:
        raise _yanked(layout, deployed.yank.version, deployed.yank.act.reason)
    return deployed


def _refuse_yanked(chosen: Pin, layout: Layout, reader: Reader) -> None:
    """Raises `Conflict` where what a retry would run again has been yanked since."""
    latest = catalog.find_latest(reader, layout)
    for suffix in {chosen.suffix, chosen.library}:
        yank = latest[0].yank_of(Version(suffix)) if latest and suffix and _is_release(suffix) else None
        if yank is not None:
            raise _yanked(layout, yank.version, yank.act.reason)


def _yanked(layout: Layout, version: str, reason: str | None) -> Conflict:
    return Conflict(
        f"{layout.project} {version} is yanked: {reason or 'no reason given'}",
        hint="name another version, or clear the task to run latest",
    )


def _is_release(suffix: str) -> bool:
    return not suffix.startswith("feature-")
