"""Try how many small random changes of the source the tests see: `make mutate ARGS="--seed 7"`.

Each change is made in a copy of the tree, and judged by the tests that execute the changed line. It is killed
where one of them fails, or where they take far longer than without the change. A run may be stopped, and goes
on with the same seed; the first one records which test executes which lines, which takes as long as the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.mutation.copies import Copy, make_copy  # noqa: E402
from tools.mutation.judge import SURVIVED, Sample, judge, report  # noqa: E402
from tools.mutation.sample import Site, digest, draw, read_equivalents, source_files  # noqa: E402
from tools.mutation.seen import Seen, choose, update_map  # noqa: E402
from tools.structure import import_graph, read_modules  # noqa: E402

EQUIVALENT = ROOT / "tools" / "mutation" / "equivalent.json"
RESULTS = ROOT / "build" / "mutation"


def main() -> int:
    """Read the command line, draw or go on with the sample, judge it, and print the report."""
    options = arguments().parse_args()
    if missing := [name for name in options.tests if not (ROOT / name).exists()]:
        sys.exit(f"mutate: there is no {missing[0]}")
    files = source_files(ROOT / "src", cli=options.cli)
    path = RESULTS / f"seed-{options.seed}.json"
    sample = None if options.new else _read(path, digest(files))
    if sample is None:
        sites = draw(files, seed=options.seed, count=options.count, texts=options.texts)
        sample = Sample(path=path, seed=options.seed, source=digest(files), sites=sites)
    else:
        sys.stderr.write(f"mutate: going on with the {len(sample.sites)} drawn for seed {options.seed}\n")
    if options.again:
        sample.verdicts = {key: one for key, one in sample.verdicts.items() if one.outcome != SURVIVED}
    open_sites = [site for site in sample.sites if site.key not in sample.verdicts]
    todo = [site for site in open_sites if site.path.startswith(tuple(options.only))][: options.limit]
    known = read_equivalents(EQUIVALENT)
    stopped = False
    if todo and not options.report:
        sample.write()
        stopped = run(sample, todo, files, options)
    text = "\n".join(report(sample, files, known)) + "\n"
    path.with_suffix(".txt").write_text(text, encoding="utf-8")
    sys.stdout.write("\n".join(report(sample, files, known, survivors_only=True)) + "\n")
    return 130 if stopped else 0


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (default: 1)")
    parser.add_argument("--count", type=int, default=100, help="how many mutations (default: 100)")
    parser.add_argument("--cli", action="store_true", help="mutate hermes_cli/cli too")
    parser.add_argument("--texts", action="store_true", help="change words for people too")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument(
        "--budget", type=float, default=90, help="seconds of tests for a mutation (default: 90)"
    )
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="PATH", help="files below src to judge now"
    )
    parser.add_argument("--limit", type=int, help="how many to judge now")
    parser.add_argument(
        "--tests", nargs="+", default=["tests"], help="files or folders of tests to choose from"
    )
    parser.add_argument(
        "--again", action="store_true", help="judge the survivors again, after a change of tests"
    )
    parser.add_argument("--new", action="store_true", help="draw anew, and forget the verdicts of this seed")
    parser.add_argument("--report", action="store_true", help="only print the report again")
    return parser


def _read(path: Path, source: str) -> Sample | None:
    if not path.is_file():
        return None
    sample = Sample.read(path)
    if sample.source != source:
        sys.exit(f"mutate: the source has changed since {path.name} was drawn: --new, or another --seed")
    return sample


def run(
    sample: Sample, todo: Sequence[Site], files: Mapping[str, bytes], options: argparse.Namespace
) -> bool:
    """Judge the sites in copies of the tree, and tell whether that was stopped."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        base = Path(folder).resolve()
        copies = [make_copy(ROOT, base / str(number)) for number in range(min(options.jobs, len(todo)))]
        seen = update_map(
            copies[0],
            RESULTS / "seen.json",
            source=sample.source,
            tests=options.tests,
            jobs=options.jobs,
        )
        work = Work(sample, files, seen, options.budget)
        try:
            work.run(todo, copies)
        except KeyboardInterrupt:
            sys.stderr.write("mutate: stopped; the same command goes on\n")
            return True
    return False


class Work:
    """Lets each copy take the next site until none is left."""

    def __init__(self, sample: Sample, files: Mapping[str, bytes], seen: Seen, budget: float) -> None:
        self._sample, self._files, self._seen, self._budget = sample, files, seen, budget
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._ending = False
        modules = read_modules(ROOT / "src")
        self._importers: dict[str, list[str]] = {}
        for name, others in import_graph(modules).items():
            for other in others:
                self._importers.setdefault(modules[other].path, []).append(modules[name].path)

    def run(self, todo: Sequence[Site], copies: Sequence[Copy]) -> None:
        """Judge all sites, and write each verdict at once."""
        queue: SimpleQueue[Site] = SimpleQueue()
        for site in todo:
            queue.put(site)
        threads = [threading.Thread(target=self._judge_all, args=(copy, queue)) for copy in copies]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                time.sleep(0.2)
        finally:
            self._ending = True
            for copy in copies:
                copy.stop()
            for thread in threads:
                thread.join()
        if self._failure:
            raise self._failure

    def _judge_all(self, copy: Copy, queue: SimpleQueue[Site]) -> None:
        try:
            while not self._ending:
                self._judge(copy, queue.get_nowait())
        except Empty:
            pass
        except Exception as error:  # raised again where all threads have ended
            self._failure = error
            self._ending = True

    def _judge(self, copy: Copy, site: Site) -> None:
        importers = self._importers.get(site.path, [])
        choice = choose(self._seen, site, importers=importers, budget=self._budget)
        verdict = judge(copy, site, self._files[site.path], self._seen, choice)
        if self._ending:  # it may have been cut off
            return
        with self._lock:
            self._sample.verdicts[site.key] = verdict
            self._sample.write()
            done, count = len(self._sample.verdicts), len(self._sample.sites)
            line = f"{done}/{count} {verdict.outcome} {site.place} {site.mutation.operator}"
            sys.stderr.write(f"{line} ({verdict.seconds} s)\n")


if __name__ == "__main__":
    sys.exit(main())
