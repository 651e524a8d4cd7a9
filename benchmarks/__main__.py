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
REASONS: dict[str, str] = {
    "a command that does nothing (`hermes config --schema`)": "four fifths of it are imports: Typer with "
    "`inspect` and `platform`, then `packaging`; 11 dataclasses and 47 regular expressions made while they "
    "load take 24 ms.",
    "`hermes build`, one hatchling project, changed": "as many times a bare Python as before, 21 to 23; `uv build` "
    "takes 40 × a bare Python on this machine, and took 50 × on the one that the target comes from.",
    "`hermes build`, one project, unchanged": "no build runs. Imports are most of it (Typer, `packaging`, "
    "`email`; 45 dataclasses of about 1 ms each, 140 regular expressions), and seven calls of git about 20 ms. "
    "A check that comes before the imports would have to know all that decides a build a second time.",
    "`hermes deploy`, one changed project, two environments": "32 requests by boto3 at 3 to 5 ms of processor "
    "time each, and 0.3 s for its client; the loop that it is held against takes 350 × a bare Python here, and "
    "twice that on the machine that the target comes from.",
    "`hermes deploy`, one changed project, two environments, with `fast`": "imports, as for the unchanged "
    "build; the requests take little now.",
    "`hermes deploy`, 50 changed projects, two environments": "1,600 requests by boto3, whose threads share "
    "one interpreter: over half of the time is spent in its client.",
    "`hermes deploy`, 50 changed projects, two environments, with `fast`": "the builds: two hooks a project, "
    "each in a process forked for it, on two processors.",
    "`hermes deploy`, 200 unchanged projects, two environments": "0.3 s for boto3's client, a third of it; "
    "with `fast` it is within the target.",
    "1000 unchanged projects": "reading 1,000 pyproject.toml files, and two listings of 1,000 markers each.",
    "`hermes deploy`, 200 changed projects at 20 ms a request": "boto3's own processor time, as above; it "
    "answers about 200 requests a second here, however near the server is.",
    "`hermes deploy`, 200 changed projects at 20 ms a request, with `fast`": "the builds run while others "
    "are uploaded, and take both processors for most of the time.",
}


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
        starting.measure(found, tools, scratch, rounds=5 if quick else 9)
        _say("building")
        building.measure(found, tools, scratch, rounds=3 if quick else 5, many=10 if quick else 50)
        _say("deploying")
        deploying.measure(
            found,
            tools,
            scratch,
            rounds=2 if quick else 4,
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
