"""What a benchmark finds, as data: targets with their figures, tables, and the lines of a chart."""

from __future__ import annotations

from dataclasses import dataclass, field

from .measure import Ratio, seconds


@dataclass(frozen=True, kw_only=True)
class Target:
    """One promise about speed: the figure that was measured, and whether it holds.

    `limit` is in the unit of `figure`: a ratio of wall times, a count, or MiB.
    """

    work: str
    against: str
    limit: float
    figure: float
    unit: str = "×"
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure is within its limit."""
        return self.figure <= self.limit


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures beside each other that have no target."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(kw_only=True)
class Line:
    """One line of the chart: seconds by number of projects."""

    name: str
    points: list[tuple[int, float]] = field(default_factory=list)
    computed: bool = False  # from a smaller measurement


@dataclass(kw_only=True)
class Found:
    """All that one run of the benchmarks found, in the order of its sections."""

    targets: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def ratio(self, work: str, against: str, limit: float, ratio: Ratio, *, share: float = 1.0) -> None:
        """Hold a ratio against its limit; `share` of the peer's loop was measured, and stands for the whole."""
        low, high = min(ratio.ratios) * share, max(ratio.ratios) * share
        self.targets.append(
            Target(
                work=work,
                against=against,
                limit=limit,
                figure=ratio.median * share,
                detail=f"{_short(low)} to {_short(high)} in {len(ratio.ratios)} pairs; "
                f"{_seconds(seconds(ratio.ours))} against {_seconds(seconds(ratio.theirs) / share)}",
            )
        )

    def count(
        self, work: str, against: str, limit: float, figure: float, unit: str, detail: str = ""
    ) -> None:
        """Hold a count or a size against its limit."""
        self.targets.append(
            Target(work=work, against=against, limit=limit, figure=figure, unit=unit, detail=detail)
        )


def _short(number: float) -> str:
    return f"{number:.3g}"


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
