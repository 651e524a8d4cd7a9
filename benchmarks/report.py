"""The page with the figures, docs/benchmarks.md, and its chart."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from .figures import Found, Line, Table, Target

_INTRODUCTION = """# How fast Hermes is

Hermes beside the tools that its users would pick instead, as whole processes, on one machine, in one run of

```sh
{command}
```

which installs the peers, measures everything again and writes this page. Read ratios, not seconds: seconds belong to
the machine, ratios travel better. `make bench-quick` does a smaller round in some minutes.
"""
# Weighed by hand, by benchmarks/compare.py: a build without a piece is made for it.
_PIECES = Path(__file__).with_name("pieces.md")
_METHOD = """## How it is measured

- Every figure is a whole process, from start to exit. A ratio is the median of the ratios of neighbouring runs
  (A B, B A, A B, …) after one run of each that does not count.
- Hermes is installed from its wheel, by uv, with the locked dependencies and compiled modules; each peer from
  its own wheel. The bare Python is the interpreter that runs Hermes, with `-c pass`.
- S3 is a stub on this machine that answers at once (`benchmarks/stub_s3.py`), so that the client is measured. It is not
  the network: a real bucket adds the same to every tool, by its requests; one line here gives each answer 20 ms.
- Projects have one script, one library and no dependencies: a lock costs nothing then, and no peer makes one.
- "Warm" means caches on disk: build environments of Hermes, uv's cache. There is no daemon.
- A changed project has an edited module and a new version, so that everything has to be built and deployed again.
- Memory is that of the largest single process of a command.
"""


def page(
    found: Found,
    *,
    command: str,
    versions: Mapping[str, str],
    reasons: Mapping[str, str],
    chart: str,
) -> str:
    """The page as Markdown; `reasons` says of a missed target, by its work, where the time goes."""
    parts = [_INTRODUCTION.format(command=command), _targets(found.targets)]
    missed = [target for target in found.targets if not target.met]
    if missed:
        lines = [f"- {one.work}: {reasons.get(one.work, 'not looked into yet.')}" for one in missed]
        parts.append("## What is missed, and where the time goes\n\n" + "\n".join(lines) + "\n")
    parts.append(f"## As the number of projects grows\n\n![Deploy time by number of projects]({chart})\n")
    parts.append(_lines(found.lines))
    parts += [_table(table) for table in found.tables]
    parts.append(_PIECES.read_text("utf-8"))
    parts.append(_METHOD)
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    parts.append(f"## On what\n\n{_machine()}\n\n{named}.\n")
    return "\n".join(parts)


def _targets(targets: Sequence[Target]) -> str:
    rows = [
        (one.work, one.against, f"≤ {_number(one.limit)} {one.unit}", f"{_number(one.figure)} {one.unit}",
         "yes" if one.met else "**no**", one.detail)
        for one in targets
    ]  # fmt: skip
    return _table(
        Table(
            title="Targets",
            columns=("work", "against", "target", "figure", "met", "detail"),
            rows=tuple(rows),
        )
    )


def _lines(lines: Sequence[Line]) -> str:
    sizes = sorted({count for line in lines for count, _ in line.points})
    rows = []
    for line in lines:
        points = dict(line.points)
        rows.append((line.name, *(f"{points[size]:.2f} s" if size in points else "–" for size in sizes)))
    columns = ("projects", *(str(size) for size in sizes))
    return _table(Table(title="", columns=columns, rows=tuple(rows)))


def _table(table: Table) -> str:
    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |\n"

    title = f"## {table.title}\n\n" if table.title else ""
    return title + row(table.columns) + row(["---"] * len(table.columns)) + "".join(map(row, table.rows))


def _number(value: float) -> str:
    return f"1/{1 / value:.0f}" if 0 < value < 0.1 else f"{value:.3g}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB."


# The chart: both axes logarithmic, so that one project and a thousand, milliseconds and minutes, can be read.
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760, 420, 60, 40, 20, 20
_COLOURS = ("#b0413e", "#c98a2b", "#2b6cb0", "#2f855a")


def draw(lines: Sequence[Line], path: Path) -> None:
    """Write the chart of deploy time against number of projects as SVG."""
    points = [point for line in lines for point in line.points]
    most_x = max(count for count, _ in points)
    low = math.floor(math.log10(min(value for _, value in points)))
    high = math.ceil(math.log10(max(value for _, value in points)))

    def x(count: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log10(count) / math.log10(most_x)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * (math.log10(value) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT + 90}" font-family="sans-serif" '
        f'font-size="12"><rect width="{_WIDTH}" height="{_HEIGHT + 90}" fill="#fff"/>'
    ]
    for power in range(low, high + 1):
        height = y(10**power)
        parts.append(
            f'<line x1="{_LEFT}" y1="{height:.1f}" x2="{_WIDTH - _RIGHT}" y2="{height:.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{10**power:g} s</text>'
        )
    for count in sorted({count for count, _ in points}):
        parts.append(
            f'<text x="{x(count):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{count}</text>'
        )
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}" text-anchor="middle">projects</text>')
    for number, (line, colour) in enumerate(zip(lines, _COLOURS, strict=False)):
        corners = " ".join(f"{x(count):.1f},{y(value):.1f}" for count, value in line.points)
        dashes = ' stroke-dasharray="5 4"' if line.computed else ""
        parts.append(f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts += [
            f'<circle cx="{x(count):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
            for count, value in line.points
        ]
        top = _HEIGHT + 12 + 18 * number
        parts.append(
            f'<line x1="{_LEFT}" y1="{top}" x2="{_LEFT + 24}" y2="{top}" stroke="{colour}" stroke-width="2"{dashes}/>'
            f'<text x="{_LEFT + 32}" y="{top + 4}">{escape(line.name)}</text>'
        )
    path.write_text("".join(parts) + "</svg>\n")
