"""hermes log: who deployed, moved or yanked what, when, and from which commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.latest_record import DEPLOY
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import Feature, Release, parse_project, parse_reference
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.settings import Environment
from hermes_cli.usecases.repo.each_environment import Unreachable, ask_each_environment
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One thing that was done; `at` by the store's clock, as ISO 8601 in UTC.

    `number` orders what was done within one second: 0 for a deploy, which comes before what it moved.
    """

    at: str
    environment: str
    what: str
    suffix: str
    actor: str | None
    commit: str | None
    reason: str | None = None
    ci_run: str | None = None
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class LogReport:
    """All that is on record of a project, the newest first, and which environments could not be asked."""

    entries: tuple[LogEntry, ...]
    unasked: tuple[Unreachable, ...]


def log(workspace: Workspace, project: str, environments: Sequence[str]) -> LogReport:
    """Who did what to a project, in the named environments, else in all. Raises `InvalidInput` for an unknown one."""
    if "@" in project:
        reference = parse_reference(project)
        hint = f"hermes log {reference.project}"
        raise InvalidInput(f"{project} names a suffix, and the log is of a whole project", hint=hint)
    name = parse_project(project)

    def ask(environment: Environment, store: Store) -> list[LogEntry]:
        return _entries(store, workspace.layout(name), environment.name)

    entries: list[LogEntry] = []
    unasked: list[Unreachable] = []
    for answer in ask_each_environment(workspace, environments, ask):
        if isinstance(answer, Unreachable):
            unasked.append(answer)
        else:
            entries += answer
    if not entries and not unasked:
        workspace.project(name)  # says so where there is no such project here either
    entries.sort(key=lambda entry: (entry.at, entry.number))
    return LogReport(entries=tuple(reversed(entries)), unasked=tuple(unasked))


def _entries(store: Store, layout: Layout, environment: str) -> list[LogEntry]:
    entries = []
    for suffix in catalog.suffixes(store, layout):
        manifest = None
        if isinstance(suffix, Release):
            manifest = catalog.find_release(store, layout, suffix.version)
        elif isinstance(suffix, Feature):
            found = catalog.find_feature(store, layout, suffix)
            manifest = found[0] if found else None
        if manifest is not None:
            entries.append(
                LogEntry(
                    at=manifest.created,
                    environment=environment,
                    what="released" if isinstance(suffix, Release) else "deployed",
                    suffix=str(suffix),
                    actor=manifest.actor,
                    commit=manifest.commit,
                    ci_run=manifest.ci_run,
                )
            )
    latest = catalog.find_latest(store, layout)
    if latest is None:
        return entries
    record = latest[0]
    acts = [
        ("latest moved" if move.kind == DEPLOY else "latest went back", move.version, move.act)
        for move in record.moves
    ]
    acts += [("yanked", yank.version, yank.act) for yank in record.yanked]
    acts += [("retired", "", record.retired)] if record.retired else []
    entries += [
        LogEntry(
            at=act.at,
            environment=environment,
            what=what,
            suffix=str(Version(version)) if version else "",
            actor=act.actor,
            commit=act.commit,
            reason=act.reason,
            number=act.number,
        )
        for what, version, act in acts
    ]
    return entries
