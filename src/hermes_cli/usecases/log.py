"""hermes log: who deployed, moved or yanked what, when, and from which commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.config import Environment
from hermes_cli.domain.errors import InvalidInput
from hermes_cli.domain.latest import DEPLOY
from hermes_cli.domain.layout import Layout
from hermes_cli.domain.names import Feature, Release, parse_project, parse_reference
from hermes_cli.domain.store import Store

from . import catalog
from .everywhere import Unasked, ask_everywhere
from .workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Entry:
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

    entries: tuple[Entry, ...]
    unasked: tuple[Unasked, ...]


def log(workspace: Workspace, project: str, environments: Sequence[str]) -> LogReport:
    """Who did what to a project, in the named environments, else in all. Raises `InvalidInput` for an unknown one."""
    if "@" in project:
        reference = parse_reference(project)
        hint = f"hermes log {reference.project}"
        raise InvalidInput(f"{project} names a suffix, and the log is of a whole project", hint=hint)
    name = parse_project(project)

    def ask(environment: Environment, store: Store) -> list[Entry]:
        return _entries(store, workspace.layout(name), environment.name)

    entries: list[Entry] = []
    unasked: list[Unasked] = []
    for answer in ask_everywhere(workspace, environments, ask):
        if isinstance(answer, Unasked):
            unasked.append(answer)
        else:
            entries += answer
    if not entries and not unasked:
        workspace.project(name)  # says so where there is no such project here either
    entries.sort(key=lambda entry: (entry.at, entry.number))
    return LogReport(entries=tuple(reversed(entries)), unasked=tuple(unasked))


def _entries(store: Store, layout: Layout, environment: str) -> list[Entry]:
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
                Entry(
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
        Entry(
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
