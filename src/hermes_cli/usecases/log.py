"""hermes log: list the deploys, moves of `latest`, yanks and retirement of a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import parse_project
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Latest, Release, parse_reference
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.usecases.repo.each_environment import Unreachable, ask_each_environment
from hermes_cli.usecases.repo.workspace import Workspace

MOVED, WENT_BACK = "latest moved", "latest went back"


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """An operation on a project; `at` by the store's clock, as ISO 8601 in UTC.

    `number` orders operations within one second: 0 for a deploy, which comes before its move of `latest`.
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
    """The recorded operations on a project, the newest first, and the environments that could not be read."""

    entries: tuple[LogEntry, ...]
    unasked: tuple[Unreachable, ...]


def log(workspace: Workspace, project: str, environments: Sequence[str]) -> LogReport:
    """Return the operations on a project in the named environments, or in all. Raises `InvalidInput`."""
    if "@" in project:
        reference = parse_reference(project)
        hint = f"hermes log {reference.project}"
        raise InvalidInput(f"{project} names a suffix, and the log is of a whole project", hint=hint)
    name = parse_project(project.rstrip("/"))

    def ask(environment: Environment, store: Store) -> list[LogEntry]:
        at = (store, workspace.layout(name), environment.name)
        return [*_deploys(*at), *_changes_of_latest(*at)]

    entries: list[LogEntry] = []
    unasked: list[Unreachable] = []
    for answer in ask_each_environment(workspace, environments, ask):
        if isinstance(answer, Unreachable):
            unasked.append(answer)
        else:
            entries += answer
    if not entries and not unasked:
        workspace.project(name)  # raises for a project that this repo does not have either
    entries.sort(key=lambda entry: (entry.at, entry.number))
    return LogReport(entries=tuple(reversed(entries)), unasked=tuple(unasked))


def _deploys(store: Store, layout: Layout, environment: str) -> Iterator[LogEntry]:
    for suffix in catalog.suffixes(store, layout):
        manifest = None if isinstance(suffix, Latest) else catalog.find_manifest(store, layout, suffix)
        if manifest is not None:
            yield LogEntry(
                at=manifest.created,
                environment=environment,
                what="released" if isinstance(suffix, Release) else "deployed",
                suffix=str(suffix),
                actor=manifest.actor,
                commit=manifest.commit,
                ci_run=manifest.ci_run,
            )


def _changes_of_latest(store: Store, layout: Layout, environment: str) -> Iterator[LogEntry]:
    found = catalog.find_latest(store, layout)
    if found is None:
        return
    record = found[0]
    acts = []
    before: Version | None = None
    for move in record.moves:
        to = Version(move.version)
        acts.append((MOVED if before is None or to > before else WENT_BACK, move.version, move.act))
        before = to
    acts += [("yanked", yank.version, yank.act) for yank in record.yanked]
    acts += [("retired", "", record.retired)] if record.retired else []
    for what, version, act in acts:
        yield LogEntry(
            at=act.at,
            environment=environment,
            what=what,
            suffix=version,
            actor=act.actor,
            commit=act.commit,
            reason=act.reason,
            number=act.number,
        )
