"""hermes ls: list what is deployed, where, since when, from which commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from packaging.version import Version

from hermes_cli.adapters.threads import run_at_once
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import ExitCode, HermesError, InvalidInput
from hermes_cli.domain.contract.latest_moves import LatestRecord
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import ProjectName, parse_project
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Latest, Release
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.project import PROJECT_FILE
from hermes_cli.usecases.repo.each_environment import Unreachable, ask_each_environment
from hermes_cli.usecases.repo.workspace import Workspace

_READERS = 8


@dataclass(frozen=True, kw_only=True)
class Row:
    """One suffix of one project in one environment; `error` where its manifest cannot be read.

    `retired` says that the project's name was given up there.
    """

    environment: str
    project: str
    suffix: str
    version: str
    latest: bool
    yanked: bool
    created: str
    commit: str | None
    dirty: bool
    branch: str
    retired: bool
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The deployed suffixes of one environment; `problem` where it is unreachable.

    `more` counts the releases of each project that are not among the rows.
    """

    environment: str
    url: str
    rows: tuple[Row, ...]
    more: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    hint: str | None = None
    exit_code: int = ExitCode.DONE


def listings(workspace: Workspace, project: str | None, environments: Sequence[str]) -> tuple[Listing, ...]:
    """List the team's deployed suffixes: all of the named project, or features, `latest` and the newest of each."""

    def ask(environment: Environment, store: Store) -> Listing:
        rows, more = _rows(workspace, store, environment.name, project)
        return Listing(environment=environment.name, url=store.url, rows=rows, more=more)

    answers = ask_each_environment(workspace, environments, ask)
    result = tuple(
        Listing(**vars(answer), rows=()) if isinstance(answer, Unreachable) else answer for answer in answers
    )
    if project is not None and not any(listing.rows or listing.problem for listing in result):
        workspace.project(project)  # raises where this repo has no such project
    return result


def _rows(
    workspace: Workspace, store: Store, environment: str, named: str | None
) -> tuple[tuple[Row, ...], dict[str, int]]:
    if named is not None:
        names = {parse_project(named.rstrip("/"))}
    else:
        released = catalog.released_projects(store, workspace.settings.team)
        # Only deployed projects are shown: git need not say which of these folders is a project.
        folders = [path.parent.name for path in workspace.root.glob(f"*/{PROJECT_FILE}")]
        # Anybody may have put a key into a bucket: only what can be a project is looked at.
        names = set(filter(None, map(_project, (*folders, *released))))
    rows: list[Row] = []
    more: dict[str, int] = {}
    for name in sorted(names):
        layout = workspace.layout(name)
        found = catalog.suffixes(store, layout)
        latest = catalog.find_latest(store, layout) if any(isinstance(s, Latest) for s in found) else None
        record = latest[0] if latest else LatestRecord(team=layout.team, project=layout.project)
        releases = [suffix for suffix in found if isinstance(suffix, Release)]
        if named is None:  # the newest is of interest above all where it is not latest
            releases = [one for one in releases if str(one) == record.version or one is releases[-1]]
        features = [suffix for suffix in found if isinstance(suffix, Feature)]
        wanted: list[Feature | Release] = [*features, *releases]
        left_out = sum(isinstance(suffix, (Feature, Release)) for suffix in found) - len(wanted)
        if left_out:
            more[name] = left_out
        newest_first = sorted(
            wanted, key=lambda s: s.version if isinstance(s, Release) else Version("0"), reverse=True
        )
        readings = [partial(_row, store, environment, layout, suffix, record) for suffix in newest_first]
        rows.extend(row for row in run_at_once(readings, workers=_READERS) if row is not None)
    return tuple(rows), more


def _project(name: str) -> ProjectName | None:
    try:
        return parse_project(name)
    except InvalidInput:
        return None


def _row(
    store: Store, environment: str, layout: Layout, suffix: Feature | Release, record: LatestRecord
) -> Row | None:
    error = deployed = None
    try:
        deployed = catalog.resolve(store, layout, suffix)
    except catalog.NotDeployed:
        return None  # pruned
    except HermesError as problem:
        error = problem.message
    manifest = deployed.manifest if deployed else None
    return Row(
        environment=environment,
        project=layout.project,
        suffix=str(suffix),
        version=manifest.version if manifest else "",
        latest=str(suffix) == record.version,
        yanked=deployed is not None and deployed.yank is not None,
        created=manifest.created if manifest else "",
        commit=manifest.commit if manifest else None,
        dirty=manifest.dirty if manifest else False,
        branch=manifest.branch if manifest else "",
        retired=record.retired is not None,
        error=error,
    )
