"""The record of `latest`, and the ways in which it may change: pure functions from one record to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from dataclasses import field as attribute
from typing import Any

from packaging.version import Version

from .documents import BrokenDocument, decode, encode, field, optional, version_text
from .errors import Conflict, InvalidInput
from .layout import Layout

DEPLOY, ROLLBACK, YANK = "deploy", "rollback", "yank"


class LatestNeedsVersion(InvalidInput):
    """The version to yank is `latest`, and no version was named that `latest` goes back to (exit code 2).

    `candidates` are those that it can go back to, from old to new.
    """

    candidates: tuple[Version, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Act:
    """An operation on a project: by whom, when (by the store's clock), from which commit, and why.

    `number` is its place among the acts of one record, from 1: the clock of a store has only seconds.
    """

    at: str
    actor: str | None
    commit: str | None
    reason: str | None = None
    number: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True)
class Move:
    """A move of `latest`; `kind` says which command moved it."""

    kind: str
    version: str
    act: Act


@dataclass(frozen=True, kw_only=True)
class Yank:
    """The yank of a version: it must not be used any more, but its release stays."""

    version: str
    act: Act


@dataclass(frozen=True, kw_only=True)
class LatestRecord:
    """The release that `latest` is (`version`, None before the first), and the operations so far.

    `mark` is the highest version that it was, or that it was moved back from: a deploy moves it only
    to a version above that. `retired` says that nothing may be deployed under this name any more.
    """

    team: str
    project: str
    version: str | None = None
    mark: str | None = None
    moves: tuple[Move, ...] = ()
    yanked: tuple[Yank, ...] = ()
    retired: Act | None = None

    def encode(self) -> bytes:
        """Return the record as it is stored."""
        return encode({"kind": "latest", **asdict(self)})

    def numbered(self, act: Act) -> Act:
        """Return an act with the next number of this record."""
        acts = [*(move.act for move in self.moves), *(yank.act for yank in self.yanked)]
        return replace(act, number=max((earlier.number for earlier in acts), default=0) + 1)

    def yank_of(self, version: Version) -> Yank | None:
        """Return the yank of a version; None where it is not yanked."""
        return next((yank for yank in self.yanked if yank.version == str(version)), None)


def advanced(record: LatestRecord, version: Version, act: Act) -> LatestRecord | None:
    """Return the record after a release; None where `latest` stays: it moves up only, to a usable version."""
    stays = (
        version.is_prerelease
        or record.retired is not None
        or record.yank_of(version) is not None
        or (record.mark is not None and version <= Version(record.mark))
    )
    return None if stays else _moved(record, DEPLOY, version, record.numbered(act), (version,))


def rolled_back(
    record: LatestRecord, version: Version, released: Iterable[Version], act: Act
) -> LatestRecord | None:
    """Return the record after a rollback; None where `latest` is that version and no release is above the mark.

    The mark rises to the highest release, so that a repeated deploy of an existing one does not undo
    the rollback. Raises `Conflict` for a version that `latest` must not be.
    """
    _refuse_as_latest(record, version)
    moved = _moved(record, ROLLBACK, version, record.numbered(act), released)
    return None if (moved.version, moved.mark) == (record.version, record.mark) else moved


def yanked(
    record: LatestRecord, version: Version, to: Version | None, released: Iterable[Version], act: Act
) -> LatestRecord | None:
    """Return the record after a yank; None where the version is yanked already.

    Raises `LatestNeedsVersion` where `latest` is that version and `to` names no other one, or
    `InvalidInput` where there is no other one.
    """
    after, act = record, record.numbered(act)
    if record.yank_of(version) is None:
        after = replace(record, yanked=(*record.yanked, Yank(version=str(version), act=act)))
    if record.version == str(version):
        if to is None:
            others = [v for v in released if not v.is_prerelease and after.yank_of(v) is None]
            message = f"latest is {version}, so it needs another version to go back to"
            if not others:
                raise InvalidInput(message, hint="release a higher version first: latest moves to it")
            error = LatestNeedsVersion(message, hint=f"name it: --to {max(others)}")
            error.candidates = tuple(sorted(others))
            raise error
        _refuse_as_latest(after, to)
        after = _moved(after, YANK, to, act, released)
    return None if after == record else after


def retired(record: LatestRecord, act: Act) -> LatestRecord | None:
    """Return the record after the name was retired; None where it was before."""
    return None if record.retired else replace(record, retired=record.numbered(act))


def _moved(
    record: LatestRecord, kind: str, version: Version, act: Act, above: Iterable[Version]
) -> LatestRecord:
    marks = [other for other in above if not other.is_prerelease]
    if record.mark is not None:
        marks.append(Version(record.mark))
    return replace(
        record,
        version=str(version),
        mark=str(max(marks, default=version)),
        moves=(*record.moves, Move(kind=kind, version=str(version), act=act)),
    )


def _refuse_as_latest(record: LatestRecord, version: Version) -> None:
    if version.is_prerelease:
        raise Conflict(
            f"{record.project} {version} is a pre-release, which latest never is", hint="name another version"
        )
    found = record.yank_of(version)
    if found is not None:
        raise Conflict(
            f"{record.project} {version} is yanked ({found.act.reason or 'no reason given'})",
            hint="name another version",
        )


def read_latest(data: bytes, where: str, layout: Layout) -> LatestRecord:
    """Parse the record of `latest`. Raises `BrokenDocument`."""
    document = decode(data, where)
    version, mark = (optional(document, key, str, where) for key in ("version", "mark"))
    retirement = optional(document, "retired", dict, where)
    record = LatestRecord(
        team=field(document, "team", str, where),
        project=field(document, "project", str, where),
        version=version_text(version, where) if version else None,
        mark=version_text(mark, where) if mark else None,
        moves=tuple(
            Move(kind=field(row, "kind", str, where), version=version, act=act)
            for row, version, act in _rows(document, "moves", where)
        ),
        yanked=tuple(Yank(version=version, act=act) for _, version, act in _rows(document, "yanked", where)),
        retired=_act(retirement, where) if retirement else None,
    )
    if (record.team, record.project) != (layout.team, layout.project):
        raise BrokenDocument(f"{where} is the record of {record.team}/{record.project}")
    if (record.version is None) is not (record.mark is None):
        raise BrokenDocument(f"{where} has a version without a mark, or the reverse")
    return record


def _rows(document: dict[str, Any], key: str, where: str) -> list[tuple[dict[str, Any], str, Act]]:
    rows = []
    for row in field(document, key, list, where) if key in document else ():
        if not isinstance(row, dict):
            raise BrokenDocument(f"{where}: {key} holds something that is not an entry")
        version = version_text(field(row, "version", str, where), where)
        # The first Hermes wrote who and when into the entry itself.
        act = optional(row, "act", dict, where)
        rows.append((row, version, _act(row if act is None else act, where)))
    return rows


def _act(row: dict[str, Any], where: str) -> Act:
    return Act(
        at=field(row, "at", str, where),
        actor=optional(row, "actor", str, where),
        commit=optional(row, "commit", str, where),
        reason=optional(row, "reason", str, where),
        number=optional(row, "number", int, where) or 0,
    )
