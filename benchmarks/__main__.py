"""Run the benchmarks: `python -m benchmarks [--quick] [--write]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import building, deploying, report, starting
from .figures import Found
from .ground import ROOT, install, quiet_environment, versions

# Where the time goes in what misses its target; named by its work, so that a change of either is seen.
REASONS: dict[str, str] = {}


def main() -> int:
    """Measure everything, print the page, and with `--write` put it into docs/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and projects, some minutes")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its chart")
    chosen = parser.parse_args()
    quick = chosen.quick
    quiet_environment()
    tools = install(with_sam=not quick)
    found = Found()
    with tempfile.TemporaryDirectory(prefix="hermes-bench-") as folder:
        scratch = Path(folder)
        _say("starting")
        starting.measure(found, tools, scratch, rounds=7 if quick else 21)
        _say("building")
        building.measure(found, tools, scratch, rounds=3 if quick else 9, many=10 if quick else 50)
        _say("deploying")
        deploying.measure(
            found,
            tools,
            scratch,
            rounds=2 if quick else 6,
            many=10 if quick else 50,
            most=50 if quick else 200,
            quick=quick,
        )
    text = report.page(
        found,
        command="make bench",
        versions=versions(tools),
        reasons=REASONS,
        chart="benchmarks.svg",
    )
    print(text)
    if chosen.write:
        (ROOT / "docs" / "benchmarks.md").write_text(text)
        report.draw(found.lines, ROOT / "docs" / "benchmarks.svg")
    missed = [target.work for target in found.targets if not target.met]
    _say(
        f"{len(found.targets) - len(missed)} of {len(found.targets)} targets met"
        + "".join(f"\n  missed: {one}" for one in missed)
    )
    return 0


def _say(text: str) -> None:
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
