"""Compare two installed versions of Hermes, run by run: `python -m benchmarks.compare BEFORE AFTER [WORK ...]`.

BEFORE and AFTER are paths of two `hermes` programs, such as one of a wheel before a change and one after it.
Each work is run by both in turn, together with a bare interpreter, so that a busy machine slows all three.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .ground import make_repo, quiet_environment, stub_s3
from .measure import Run, Work, once

_COMPLETION = {"_HERMES_COMPLETE": "complete_bash", "COMP_WORDS": "hermes deploy --env ", "COMP_CWORD": "3"}
# Works that change nothing, in a repo of one project that is released in `local`.
_STARTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "help": (["--help"], {}),
    "completion": ([], _COMPLETION),
    "ls": (["ls", "--env", "local"], {}),
    "status": (["status", "--env", "local"], {}),
    "command-help": (["deploy", "--help"], {}),
    "schema": (["config", "--schema"], {}),
}
# Works that need every project changed before each run; the number of projects.
_BUILDS = {"build": 1, "build-50": 50, "deploy": 1, "deploy-50": 50}

Measured = tuple[Run, ...]


def main() -> int:
    """Measure the works and print a table: multiples of bare Python, and AFTER as a share of BEFORE."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join([*_STARTS, *_BUILDS])}")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_intermixed_args()
    quiet_environment()
    programs = (chosen.before.absolute(), chosen.after.absolute())
    print(
        f"{'work':14}{'bare ms':>8}{'before ms':>11}{'after ms':>10}{'before ×':>10}{'after ×':>9}"
        f"{'after/before':>14}{'processor':>11}{'memory':>8}"
    )
    with tempfile.TemporaryDirectory(prefix="hermes-compare-") as folder:
        for name in chosen.works or [*_STARTS, *_BUILDS]:
            with _works(name, programs, Path(folder)) as works:
                bare, before, after = _in_turn(works, rounds=chosen.rounds)
            print(_row(name, bare, before, after), flush=True)
    return 0


@contextmanager
def _works(name: str, programs: tuple[Path, Path], scratch: Path) -> Iterator[list[Work]]:
    folder = scratch / name
    repo = make_repo(folder / "repo", _BUILDS.get(name, 1))
    bare = Work(name="bare", command=[str(programs[0].with_name("python")), "-c", "pass"], folder=repo.folder)
    with stub_s3() as stub:
        if name in _STARTS:
            once(
                Work(
                    name="deploy", command=[str(programs[0]), "deploy", "--env", "local"], folder=repo.folder
                )
            )
        works = [bare]
        for number, program in enumerate(programs):
            arguments, variables = _STARTS.get(name) or ([name.partition("-")[0]], stub.environment)
            works.append(
                Work(
                    name=f"{('before', 'after')[number]} {name}",
                    command=[str(program), *arguments],
                    folder=repo.folder,
                    environ={**variables, "HERMES_CACHE_DIR": str(folder / f"cache-{number}")},
                    prepare=repo.change if name in _BUILDS else None,
                )
            )
        yield works


def _in_turn(works: Sequence[Work], *, rounds: int) -> list[Measured]:
    """Run all works in every round, each time in another order, after two runs that do not count."""
    runs: dict[str, list[Run]] = {work.name: [] for work in works}
    orders = list(itertools.permutations(works))
    for number in range(-2, rounds):
        for work in orders[number % len(orders)]:
            run = once(work)
            if number >= 0:
                runs[work.name].append(run)
    return [tuple(runs[work.name]) for work in works]


def _row(name: str, bare: Measured, before: Measured, after: Measured) -> str:
    def milliseconds(runs: Measured) -> float:
        return statistics.median(run.wall for run in runs) * 1000

    def ratio(ours: Measured, theirs: Measured, *, cpu: bool = False) -> float:
        pairs = zip(ours, theirs, strict=True)
        return statistics.median(
            (mine.cpu / other.cpu if cpu else mine.wall / other.wall) for mine, other in pairs
        )

    memory = max(run.rss for run in after) / max(run.rss for run in before)
    return (
        f"{name:14}{milliseconds(bare):8.1f}{milliseconds(before):11.1f}{milliseconds(after):10.1f}"
        f"{ratio(before, bare):10.2f}{ratio(after, bare):9.2f}{ratio(after, before):14.3f}"
        f"{ratio(after, before, cpu=True):11.3f}{memory:8.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
