"""Judge mutations by the tests that can see them, and keep the verdicts, so that a run can be stopped."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

from . import recorder
from .copies import Copy, Ended
from .sample import Equivalent, Site
from .seen import Choice, Seen

KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a mutation fared: the test that saw it, how many tests were run, of all that execute the line."""

    outcome: str
    by: str
    run: int
    able: int
    executed: bool
    seconds: float


@dataclass(kw_only=True)
class Sample:
    """The drawn sites and the verdicts so far, in a file."""

    path: Path
    seed: int
    source: str
    sites: list[Site]
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def write(self) -> None:
        """Write the file anew, whole or not at all."""
        facts = {
            "seed": self.seed,
            "source": self.source,
            "sites": [site.to_json() for site in self.sites],
            "verdicts": {key: asdict(one) for key, one in self.verdicts.items()},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(self.path)

    @classmethod
    def read(cls, path: Path) -> Sample:
        """Read the file back."""
        facts: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        return cls(
            path=path,
            seed=facts["seed"],
            source=facts["source"],
            sites=[Site.from_json(one) for one in facts["sites"]],
            verdicts={key: Verdict(**one) for key, one in facts["verdicts"].items()},
        )


def judge(copy: Copy, site: Site, text: bytes, seen: Seen, choice: Choice) -> Verdict:
    """Change the copy, run the tests of both turns until one fails, and change the copy back."""
    run, seconds, outcome, by = 0, 0.0, SURVIVED, ""
    copy.write(site.path, site.mutation.apply(text))
    try:
        for tests in (choice.first, choice.rest):
            if not tests or outcome != SURVIVED:
                continue
            limit = 40 + 4 * sum(seen.tests[test].seconds for test in tests)
            ended = _run(copy, tests, limit)
            run, seconds = run + len(tests), seconds + ended.seconds
            outcome, by = outcome_of(ended)
    finally:
        copy.write(site.path, text)
    return Verdict(
        outcome=outcome,
        by=by,
        run=run,
        able=choice.able,
        executed=choice.executed,
        seconds=round(seconds, 1),
    )


def _run(copy: Copy, tests: Sequence[str], limit: float) -> Ended:
    with tempfile.TemporaryDirectory(dir=copy.folder) as folder:
        listed = Path(folder) / "tests.json"
        listed.write_text(json.dumps(tests), encoding="utf-8")
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        words = ["-x", "-q", "--tb=line", "-p", "no:xdist", *files]
        return copy.pytest(words, limit=limit, more={recorder.LISTED: str(listed)})


def outcome_of(ended: Ended) -> tuple[str, str]:
    """Tell from the end of pytest whether the mutation was seen, and by which test."""
    if ended.code is None:
        return TIMED_OUT, ""
    if ended.code == 0:
        return SURVIVED, ""
    if ended.code in (5, recorder.WRONG_COPY):
        raise RuntimeError(f"the listed tests were not run:\n{ended.output[-2000:]}")
    found = re.findall(r"^(?:FAILED|ERROR) (.+)$", ended.output, re.MULTILINE)
    last = ended.output.strip().splitlines()[-1:] or [f"pytest ended with {ended.code}"]
    return KILLED, (found or last)[0][:300]


def report(
    sample: Sample, texts: Mapping[str, bytes], known: Sequence[Equivalent], *, survivors_only: bool = False
) -> Iterator[str]:
    """Write the verdicts as text: one line each, the diffs of the survivors, and the sum."""
    judged = [(site, sample.verdicts[site.key]) for site in sample.sites if site.key in sample.verdicts]
    reasons = {site.key: one.reason for site, _ in judged for one in known if one.fits(site)}
    left = [(site, verdict) for site, verdict in judged if site.key not in reasons]
    if not survivors_only:
        for site, verdict in judged:
            note = " (known to change nothing)" if site.key in reasons else ""
            yield f"{verdict.outcome:<9} {site.place} {site.mutation.operator}{note}  {verdict.by}".rstrip()
        yield ""
    for site, verdict in left:
        if verdict.outcome == SURVIVED:
            yield from _survivor(site, verdict, texts[site.path])
    for site, _ in judged:
        if site.key in reasons:
            yield f"changes nothing: {site.place} {site.mutation.operator}: {reasons[site.key]}"
    outcomes = [verdict.outcome for _, verdict in left]
    caught = len(outcomes) - outcomes.count(SURVIVED)
    share = f"{100 * caught / len(outcomes):.0f} %" if outcomes else "none"
    seconds = sum(verdict.seconds for _, verdict in judged)
    yield (
        f"seed {sample.seed}: {caught} of {len(outcomes)} killed ({share}), "
        f"{outcomes.count(TIMED_OUT)} of them by running out of time; "
        f"{len(reasons)} known to change nothing; {len(sample.sites) - len(judged)} still to judge; "
        f"{seconds / max(len(judged), 1):.1f} s each"
    )


def _survivor(site: Site, verdict: Verdict, text: bytes) -> Iterator[str]:
    tests = f"{verdict.run} of {verdict.able} tests that execute the line"
    if not verdict.executed:
        tests = f"no test executes the line; {verdict.run} of {verdict.able} that execute the module"
    yield f"survived: {site.place} {site.mutation.operator} ({tests})"
    before = text.decode().splitlines()
    after = site.mutation.apply(text).decode().splitlines()
    diff = unified_diff(before, after, lineterm="", n=1)
    yield from (f"  {line}" for line in diff if not line.startswith(("---", "+++")))
    yield ""
