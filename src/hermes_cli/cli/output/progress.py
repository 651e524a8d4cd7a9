"""Count the progress of the work from its events, as lines for a log or rows for a terminal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from hermes_cli.domain.events import Event, Mark, Stage

# Up to _FEW projects are logged one by one; of more, the number done is logged _TIMES times.
_FEW = 12
_TIMES = 10
# Columns of a bar; it is left out where the shortest does not fit.
_LONGEST_BAR, _SHORTEST_BAR = 40, 8
_GAP = "  "


@dataclass(kw_only=True)
class _Count:
    done: int = 0
    failed: int = 0


class Tally:
    """The numbers of projects that are done, and those in work; threads may report at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Stage, _Count] = {}
        self._now: dict[str, str] = {}  # the current message of each subject

    @property
    def begun(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self._counts)

    def hear(self, event: Event) -> str | None:
        """Count an event, and return its line for a log, if any."""
        with self._lock:
            if event.stage is not None:
                return self._hear_of(event.stage, event)
            if event.subject in self._now:
                self._now[event.subject] = event.message
            many = any(stage.total > _FEW for stage in self._counts)
            return None if many else f"{event.subject}: {event.message}"

    def _hear_of(self, stage: Stage, event: Event) -> str | None:
        first = stage not in self._counts
        count = self._counts.setdefault(stage, _Count())
        if event.ends:
            count.done += 1
            count.failed += event.mark is Mark.FAILED
            self._now.pop(event.subject, None)
        else:
            self._now[event.subject] = event.message
        if stage.total <= _FEW:
            return None if event.ends else f"{event.subject}: {event.message}"
        lines = [f"{stage.name}: {stage.total} projects"] if first else []
        if event.mark is Mark.FAILED:
            lines.append(f"{event.subject}: {event.message}")
        if event.ends and (count.done % -(-stage.total // _TIMES) == 0 or count.done == stage.total):
            failed = f", {count.failed} failed" if count.failed else ""
            lines.append(f"{stage.name}: {count.done} of {stage.total} done{failed}")
        return "\n".join(lines) or None

    def rows(self, width: int, seconds: int, bar: tuple[str, str]) -> list[list[tuple[str, str]]]:
        """Return a row for each stage and one for the current work, each as texts and their styles.

        They fit into `width` columns; `bar` has the characters for done and for left.
        """
        with self._lock:
            counts = [
                (stage, _Count(done=one.done, failed=one.failed)) for stage, one in self._counts.items()
            ]
            now = dict(self._now)
        names = max((len(stage.name) for stage, _ in counts), default=0)
        sums = {stage: f"{count.done}/{stage.total}" for stage, count in counts}
        digits = max(map(len, sums.values()), default=0)
        notes = {stage: f"{_GAP}{count.failed} failed" if count.failed else "" for stage, count in counts}
        left = width - names - digits - 2 * len(_GAP) - max(map(len, notes.values()), default=0)
        length = min(left, _LONGEST_BAR)
        rows = []
        for stage, count in counts:
            row = [(f"{stage.name:{names}}{_GAP}{sums[stage]:>{digits}}", "")]
            if length >= _SHORTEST_BAR:
                done = length * count.done // max(stage.total, 1)
                row += [(_GAP, ""), (bar[0] * done, "green"), (bar[1] * (length - done), "dim")]
            used = sum(len(text) for text, _ in row)
            if used + len(notes[stage]) <= width:
                row.append((notes[stage], "bold red"))
            rows.append(_cut(row, width))
        clock = f"{seconds // 60}:{seconds % 60:02}{_GAP}"
        return [*rows, _cut([(clock + _named(now, width - len(clock)), "dim")], width)]


def _named(now: dict[str, str], width: int) -> str:
    """Return the current work: in full where it is one project, else the names that fit."""
    if len(now) == 1:
        return "".join(f"{subject}: {message}" for subject, message in now.items())
    names = list(now)
    for count in range(len(names), 0, -1):
        more = f" and {len(names) - count} more" if count < len(names) else ""
        text = ", ".join(names[:count]) + more
        if len(text) <= width:
            return text
    return f"{len(names)} projects" if names else ""


def _cut(row: Sequence[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """Cut a row to the width, on one line."""
    cut = []
    for text, style in row:
        if text[:width]:
            cut.append((text[:width].replace("\n", " "), style))
        width -= len(text[:width])
    return cut
