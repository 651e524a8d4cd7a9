"""Writes the figures of the proofs into the table of docs/reliability.md."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main(figures: Path, page: Path) -> None:
    """Add up the lines of `figures`, and put the table between the two markers of `page`."""
    rows: dict[str, Counter[str]] = {}
    tests: dict[str, set[str]] = {}
    for line in figures.read_text(encoding="utf-8").splitlines():
        figure = json.loads(line)
        rows.setdefault(figure["row"], Counter()).update(figure["counts"])
        tests.setdefault(figure["row"], set()).add(figure["test"])
    # A proof that found a violation has failed, and has left no line.
    table = ["| proof | counted | violations | repeat it |", "|---|---|---|---|"]
    for row in sorted(rows):
        counted = ", ".join(f"{number:,} {name}" for name, number in rows[row].items())
        files = {test.split("::")[0] for test in tests[row]}
        (what,) = tests[row] if len(tests[row]) == 1 else files
        table.append(f"| {row} | {counted} | 0 | `.venv/bin/pytest {what}` |")
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    page.write_text(f"{before}{_BEGIN}\n{chr(10).join(table)}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
