"""Timing commands as whole processes, in pairs: a machine's speed drifts, and a ratio of neighbours does not."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPAWN = Path(__file__).with_name("spawn.py")


class Failed(Exception):
    """A measured command did not end as it should: its figures would mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process took: `wall` and `cpu` in seconds, `rss` the peak memory of its largest process in bytes."""

    wall: float
    cpu: float
    rss: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """A command to be measured; `prepare` is called before each run of it, and is not measured."""

    name: str
    command: Sequence[str]
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One work against another, pair by pair."""

    ours: tuple[Run, ...]
    theirs: tuple[Run, ...]

    @property
    def ratios(self) -> list[float]:
        """Of the wall time of each pair."""
        return [mine.wall / other.wall for mine, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def median(self) -> float:
        """The ratio to quote."""
        return statistics.median(self.ratios)


def seconds(runs: Sequence[Run]) -> float:
    """The median wall time."""
    return statistics.median(run.wall for run in runs)


def once(work: Work) -> Run:
    """Run a command and wait for it. Raises `Failed` where it does not end with 0."""
    if work.prepare is not None:
        work.prepare()
    environ = {**os.environ, **work.environ}
    with tempfile.TemporaryDirectory(prefix="hermes-bench-") as folder:
        told, log = Path(folder, "told"), Path(folder, "log")
        with log.open("wb") as output:
            subprocess.run(
                [sys.executable, "-I", "-S", str(SPAWN), str(told), *work.command],
                cwd=work.folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        found: dict[str, Any] = json.loads(told.read_text()) if told.exists() else {"code": "no code"}
        if found["code"] != 0:
            shown = log.read_text(errors="replace")[-2000:]
            raise Failed(f"{work.name}: {' '.join(work.command)} ended with {found['code']}:\n{shown}")
    return Run(wall=found["wall"], cpu=found["cpu"], rss=found["rss"])


def paired(ours: Work, theirs: Work, *, rounds: int, warm_up: bool = True) -> Ratio:
    """Both works in turn, A B B A A B …, after one run of each that does not count."""
    if warm_up:
        once(ours)
        once(theirs)
    mine: list[Run] = []
    others: list[Run] = []
    for number in range(rounds):
        if number % 2:
            others.append(once(theirs))
            mine.append(once(ours))
        else:
            mine.append(once(ours))
            others.append(once(theirs))
    return Ratio(ours=tuple(mine), theirs=tuple(others))
