"""Keep which test executes which lines of the source, and choose the tests that can see a mutation."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import recorder
from .copies import Copy
from .sample import Site

_FIRST = 10.0  # seconds of tests that are tried before all others: most mutations end there
_A_TEST = 0.02  # seconds that a test takes besides what it says


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How a test ended, and how long it took."""

    seconds: float
    passed: bool


@dataclass(kw_only=True)
class Seen:
    """The lines of the source by the test, or by the file of tests for what its tests share."""

    tests: dict[str, Recorded] = field(default_factory=dict)
    lines: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, test: str, path: str, line: int) -> None:
        """Record that a test executes a line."""
        self.lines[test][path] = self.lines[test].get(path, 0) | 1 << line

    def who(self, path: str, first: int = 0, last: int = 1 << 20) -> set[str]:
        """Return the tests that pass and execute one of the lines of a file."""
        wanted = ((1 << (last - first + 1)) - 1) << first
        found = {test for test, paths in self.lines.items() if paths.get(path, 0) & wanted}
        shared = {name for name in found if "::" not in name}
        return {
            test
            for test, facts in self.tests.items()
            if facts.passed and (test in found or test.partition("::")[0] in shared)
        }

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes; the lines of a file are the bits of a number."""
        return {
            "tests": {name: [one.seconds, one.passed] for name, one in sorted(self.tests.items())},
            "lines": {
                name: {path: f"{bits:x}" for path, bits in sorted(paths.items())}
                for name, paths in sorted(self.lines.items())
            },
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Seen:
        """Read back what `to_json` gave."""
        seen = cls()
        for name, (seconds, passed) in facts["tests"].items():
            seen.tests[name] = Recorded(seconds=seconds, passed=passed)
        for name, paths in facts["lines"].items():
            seen.lines[name] = {path: int(bits, 16) for path, bits in paths.items()}
        return seen

    def without(self, files: Iterable[str]) -> Seen:
        """Return it without the tests of some files."""
        gone = set(files)
        kept = Seen(tests={name: one for name, one in self.tests.items() if name.split("::")[0] not in gone})
        kept.lines.update(
            {name: paths for name, paths in self.lines.items() if name.split("::")[0] not in gone}
        )
        return kept


def read_raw(texts: Iterable[str], seen: Seen) -> Seen:
    """Add what processes have recorded: `= TEST`, then the lines `PATH:LINE` of it; `! OUTCOME SECONDS TEST`."""
    seconds: dict[str, float] = defaultdict(float)
    outcomes: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        test = ""
        for line in text.splitlines():
            if line.startswith("= "):
                test = line[2:]
            elif line.startswith("! "):
                _, outcome, took, name = line.split(" ", 3)
                seconds[name] += float(took)
                outcomes[name].add(outcome)
            elif test and ":" in line:
                path, _, number = line.rpartition(":")
                seen.add(test, path, int(number))
    for name, found in outcomes.items():
        seen.tests[name] = Recorded(seconds=round(seconds[name], 3), passed=found == {"passed"})
    return seen


def update_map(copy: Copy, path: Path, *, source: str, tests: Sequence[str], jobs: int) -> Seen:
    """Return the map of `path`, recording the files of tests that it does not know as they are now."""
    known = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    now = _digests(copy.root, tests)
    others = _digest(
        file for file in (copy.root / "tests").rglob("*.py") if not file.name.startswith("test_")
    )
    seen, files = Seen(), {}
    if known.get("source") == source and known.get("others") == others:
        seen, files = Seen.from_json(known), known["files"]
    changed = sorted(name for name, digest in now.items() if files.get(name) != digest)
    gone = [name for name in files if not (copy.root / name).exists()]
    seen = seen.without([*changed, *gone])
    if changed:
        sys.stderr.write(f"mutate: recording the lines that {len(changed)} files of tests execute\n")
        with tempfile.TemporaryDirectory(dir=copy.folder) as folder:
            words = [
                "-m",
                "not slow",
                "-q",
                *([f"-n{jobs}", "--dist=worksteal"] if jobs > 1 else []),
                *changed,
            ]
            ended = copy.pytest(words, limit=7200, more={recorder.SEEN: folder})
            raw = Path(folder).glob("*.seen")
            read_raw((one.read_text("utf-8", errors="replace") for one in raw), seen)
        if ended.code not in (0, 1, 5):
            raise RuntimeError(f"the tests do not run in a copy of the tree:\n{ended.output[-4000:]}")
        files = {name: digest for name, digest in files.items() if name not in gone} | now
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"source": source, "others": others, "files": files, **seen.to_json()}
        part = path.with_suffix(".part")
        part.write_text(json.dumps(facts), encoding="utf-8")
        part.replace(path)
        failed = [line for line in ended.output.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        if failed:
            sys.stderr.write("mutate: left out, as they fail while lines are recorded:\n")
            sys.stderr.writelines(f"  {line}\n" for line in failed)
    return seen


def _digests(root: Path, tests: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in tests:
        place = root / one
        for file in sorted(place.rglob("test_*.py")) if place.is_dir() else [place]:
            name = file.relative_to(root).as_posix()
            if not name.startswith(("tests/on_airflow/", "tests/packages/", "tests/tools/")):
                found[name] = _digest([file])
    return found


def _digest(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The tests to run for a mutation, in two turns, of all `able` that could see it."""

    first: tuple[str, ...]
    rest: tuple[str, ...]
    able: int
    executed: bool


def choose(seen: Seen, site: Site, *, importers: Iterable[str], budget: float) -> Choice:
    """Choose the tests that execute the line, the likely and the quick ones first, up to `budget` seconds.

    A line of the module itself is executed at import by whoever comes first, so every test that executes
    the module, or another one that imports it, may see it; likewise where no test executes the line.
    """
    mutation = site.mutation
    able = set() if mutation.at_import else seen.who(site.path, mutation.first, mutation.last)
    executed = bool(able) or mutation.at_import
    if not able:
        able = seen.who(site.path)
        for path in importers:
            able |= seen.who(path)
    stem = Path(site.path).stem

    def rank(test: str) -> tuple[bool, float, str]:
        return stem not in Path(test.partition("::")[0]).stem, seen.tests[test].seconds, test

    total = 0.0
    first: list[str] = []
    rest: list[str] = []
    for test in sorted(able, key=rank):
        total += seen.tests[test].seconds + _A_TEST
        if total <= _FIRST or not first:
            first.append(test)
        elif total <= budget:
            rest.append(test)
    return Choice(first=_by_file(first), rest=_by_file(rest), able=len(able), executed=executed)


def _by_file(tests: Sequence[str]) -> tuple[str, ...]:
    """Keep the tests of a file together, as they share fixtures; the files in the order in which they come up."""
    files: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        files[test.partition("::")[0]].append(test)
    return tuple(test for group in files.values() for test in group)
