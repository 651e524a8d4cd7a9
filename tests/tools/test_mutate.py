"""The parts of `make mutate`: which changes there are, which are drawn, and which tests are chosen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.mutate import EQUIVALENT, ROOT
from tools.mutation import recorder
from tools.mutation.copies import Ended
from tools.mutation.judge import KILLED, SURVIVED, TIMED_OUT, Sample, Verdict, outcome_of, report
from tools.mutation.operators import compiles, mutations
from tools.mutation.processes import Job
from tools.mutation.sample import (
    Equivalent,
    Site,
    area_of,
    draw,
    read_equivalents,
    shares,
    site_of,
    source_files,
    stale,
)
from tools.mutation.seen import Recorded, Seen, choose, read_raw

CHANGES = {
    "if a < 1:\n    f()": {
        ("negate", "if not (a < 1):\n    f()"),
        ("compare", "if a <= 1:\n    f()"),
        ("constant", "if a < 2:\n    f()"),
        ("constant", "if a < 0:\n    f()"),
        ("drop-call", "if a < 1:\n    pass"),
    },
    "if a:\n    raise B": {("negate", "if not (a):\n    raise B"), ("drop-guard", "if False:\n    raise B")},
    "x = (a) is  not (b)": {("compare", "x = (a) is (b)")},
    "x = a in b": {("compare", "x = a not in b")},
    "x = c or (a and b)": {("and-or", "x = (c and (a and b))"), ("and-or", "x = c or ((a or b))")},
    "x = not a": {("drop-not", "x = (a)")},
    "x = [a for a in b if c]": {("drop-filter", "x = [a for a in b if True]")},
    "x = True": {("true-false", "x = False")},
    "x = 'é' if a else 'two words'": {
        ("string", "x = \"mutant\" if a else 'two words'"),
        ("negate", "x = 'é' if not (a) else 'two words'"),
        ("text", "x = 'é' if a else \"mutant\""),
    },
    "x = f'{a} is {b}, and {c}'": {("text", 'x = "mutant"')},
    "def f():\n    return a": {("return-none", "def f():\n    return None")},
    "def f():\n    return None": set(),
    "try:\n    a\nexcept B:\n    c = d": {("re-raise", "try:\n    a\nexcept B:\n    raise")},
    "for a in b:\n    continue": {("break-continue", "for a in b:\n    break")},
    '"""A text of words."""\nx: Literal["a"]\nif TYPE_CHECKING:\n    import b': set(),
    "@dataclass(frozen=True)\nclass A: ...": set(),
    "raise A": {("drop-raise", "pass")},
}


@pytest.mark.parametrize("text", CHANGES)
def test_the_changes_of_a_statement(text: str) -> None:
    found = {(one.operator, one.apply(text.encode()).decode()) for one in mutations(text.encode())}
    assert found == CHANGES[text]
    assert all(compiles(changed.encode()) for operator, changed in found)


def test_a_line_of_the_module_itself_is_executed_at_import() -> None:
    text = b"A = 1\n\n\ndef f(a=True):\n    return [\n        3\n    ]\n"
    found = {(one.operator, one.line, one.first, one.last, one.at_import) for one in mutations(text)}
    assert found == {
        ("constant", 1, 1, 1, True),
        ("true-false", 4, 4, 4, True),
        ("return-none", 5, 5, 7, False),
        ("constant", 6, 6, 6, False),
    }


def test_a_sample_is_divided_by_lines_and_leaves_no_area_out() -> None:
    assert shares({"a": 600, "b": 390, "c": 10}, 10) == {"a": 6, "b": 3, "c": 1}
    assert shares({"a": 1, "b": 1, "c": 1}, 100) == {"a": 34, "b": 33, "c": 33}
    assert sum(shares({"a": 5, "b": 3}, 1).values()) == 1


def test_an_area_is_a_layer_or_a_room() -> None:
    assert area_of("hermes_cli/adapters/git/worktree.py") == "adapters"
    assert area_of("hermes_cli/usecases/deploy.py") == "usecases"
    assert area_of("hermes_cli/usecases/building/wheels.py") == "usecases/building"
    assert area_of("hermes_cli/adopting/convert.py") == "adopting"
    assert area_of("hermes_cli/__main__.py") == ""


def test_a_seed_draws_the_same_sites_again_and_each_once() -> None:
    files = {
        "hermes_cli/domain/a.py": b"def f(a):\n    if a > 1 and not a:\n        raise B\n",
        "hermes_cli/adapters/b.py": b"A = [1, 2, 3, 4, 5, 6]\n" * 9,
        "hermes_cli/domain/c.py": b'"""Nothing that could change, but a text."""\n',
    }
    drawn = draw(files, seed=5, count=8, texts=False)
    assert drawn == draw(files, seed=5, count=8, texts=False)
    assert drawn != draw(files, seed=6, count=8, texts=False)
    assert len({site.key for site in drawn}) == len(drawn) >= 7
    assert {site.area for site in drawn} == {"domain", "adapters"}


def the_site(text: str, path: str = "hermes_cli/domain/a.py", number: int = 0) -> Site:
    return site_of(path, text.encode(), mutations(text.encode())[number])


def test_a_site_is_written_and_read_and_known_by_its_content() -> None:
    site = the_site("def f():\n    return a > b\n", number=1)
    assert Site.from_json(json.loads(json.dumps(site.to_json()))) == site
    moved = the_site("import os\n\n\ndef f():\n    return a > b\n", number=1)
    assert moved.mutation.line != site.mutation.line
    assert moved.key == site.key


def test_lines_are_read_by_the_test_and_by_the_file_of_tests() -> None:
    own = (
        "= t/test_a.py::one\nhermes_cli/x.py:3\n! passed 0.5 t/test_a.py::one\n! passed 1 t/test_a.py::one\n"
    )
    shared = "= t/test_a.py\nhermes_cli/x.py:9\n= t/test_b.py::two\nhermes_cli/x.py:3\nhermes_cli/x."
    ends = "! passed 0 t/test_b.py::two\n! failed 0 t/test_b.py::two\n! passed 1 t/test_a.py::[a b]\n"
    seen = read_raw([own, shared, ends], Seen())
    assert seen.tests["t/test_a.py::one"] == Recorded(seconds=1.5, passed=True)
    assert seen.who("hermes_cli/x.py", 3, 3) == {"t/test_a.py::one"}
    assert seen.who("hermes_cli/x.py", 4, 8) == set()
    assert seen.who("hermes_cli/x.py", 4, 9) == {"t/test_a.py::one", "t/test_a.py::[a b]"}
    assert Seen.from_json(json.loads(json.dumps(seen.to_json()))).to_json() == seen.to_json()
    assert set(seen.without(["t/test_a.py"]).tests) == {"t/test_b.py::two"}


def test_the_likely_and_the_quick_tests_are_chosen_first() -> None:
    seen = Seen()
    for name, seconds in {"test_z.py::slow": 50.0, "test_z.py::quick": 1.0, "test_a.py::x": 8.0}.items():
        seen.tests[name] = Recorded(seconds=seconds, passed=True)
        seen.add(name, "hermes_cli/domain/a.py", 2)
    seen.tests["test_z.py::other"] = Recorded(seconds=0, passed=True)
    seen.add("test_z.py::other", "hermes_cli/domain/b.py", 1)
    site = the_site("def f():\n    return a\n")
    choice = choose(seen, site, importers=["hermes_cli/domain/b.py"], budget=90)
    assert choice.first == ("test_a.py::x", "test_z.py::quick")
    assert choice.rest == ("test_z.py::slow",)
    assert (choice.able, choice.executed) == (3, True)
    assert choose(seen, site, importers=[], budget=20).rest == ()
    unseen = choose(seen, the_site("\n\ndef f():\n    return a\n"), importers=[], budget=90)
    assert (unseen.able, unseen.executed) == (3, False)
    at_import = the_site("A = 1\n")
    assert choose(seen, at_import, importers=["hermes_cli/domain/b.py"], budget=90).able == 4


def test_a_run_that_ends_otherwise_than_well_has_seen_the_change() -> None:
    def ended(code: int | None, output: str = "") -> Ended:
        return Ended(code=code, output=output, seconds=0)

    assert outcome_of(ended(0)) == (SURVIVED, "")
    assert outcome_of(ended(None)) == (TIMED_OUT, "")
    assert outcome_of(ended(1, "...\nFAILED t.py::a - B\n1 failed\n")) == (KILLED, "t.py::a - B")
    assert outcome_of(ended(4, "ImportError while loading\n")) == (KILLED, "ImportError while loading")
    assert outcome_of(ended(-11))[0] == KILLED
    for code in (5, recorder.WRONG_COPY):
        with pytest.raises(RuntimeError):
            outcome_of(ended(code))


def test_a_report_counts_what_ran_out_of_time_and_leaves_out_what_changes_nothing(tmp_path: Path) -> None:
    text = "def f():\n    return a and b\n"
    sites = [the_site(text, number=number) for number in (0, 1)] + [the_site("A = 1\n", "c.py")]
    outcomes = [SURVIVED, TIMED_OUT, SURVIVED]
    sample = Sample(path=tmp_path / "s.json", seed=4, source="x", sites=[*sites, the_site("A = 1\n", "d.py")])
    for site, outcome in zip(sites, outcomes, strict=True):
        sample.verdicts[site.key] = Verdict(outcome=outcome, by="", run=2, able=3, executed=True, seconds=1.0)
    sample.write()
    assert Sample.read(sample.path) == sample
    last = sites[2]
    known = [Equivalent(path="c.py", operator="constant", statement="A = 1", after="0", reason="unused")]
    assert known[0].fits(last)
    told = list(report(sample, {"hermes_cli/domain/a.py": text.encode(), "c.py": b"A = 1\n"}, known))
    assert "  +    return None" in told
    assert "changes nothing: c.py:1 constant: unused" in told
    assert told[-1].startswith("seed 4: 1 of 2 killed (50 %), 1 of them by running out of time; 1 known")
    assert "1 still to judge" in told[-1]


def test_what_is_known_to_change_nothing_is_in_the_source_and_has_a_reason() -> None:
    known = read_equivalents(EQUIVALENT)
    assert list(stale(known, source_files(ROOT / "src", cli=True))) == []
    assert all(one.reason for one in known)
    gone = Equivalent(path="hermes_cli/x.py", operator="constant", statement="", after="", reason="x")
    assert list(stale([gone], {})) == [gone]


def test_the_lines_of_a_process_are_recorded_for_the_test_that_starts_it(tmp_path: Path) -> None:
    src, raw = tmp_path / "src", tmp_path / "raw"
    src.mkdir()
    raw.mkdir()
    (src / "one.py").write_text(
        "import os\n\n\ndef f(a):\n    if a:\n        return 1\n    return 2\n\n\nf(0)\n"
    )
    with (src / "one.py").open("a") as file:
        file.write("if not os.fork():\n    f(1)\n    os._exit(0)\nos.wait()\n")
    begin = "from tools.mutation.recorder import begin; begin(); import one"
    variables = {recorder.SEEN: str(raw), recorder.SRC: str(src), recorder.TEST: "t.py::a"}
    subprocess.run(
        [sys.executable, "-c", begin],
        env={**variables, "PYTHONPATH": f"{ROOT}{os.pathsep}{src}"},
        check=True,
    )
    seen = read_raw([file.read_text() for file in raw.iterdir()], Seen())
    assert len(list(raw.iterdir())) == 2
    (bits,) = seen.lines["t.py::a"].values()
    assert [line for line in range(20) if bits >> line & 1] == [0, 1, 4, 5, 6, 7, 10, 11, 12, 13, 14]


def test_a_job_leaves_nothing_running(tmp_path: Path) -> None:
    script = "trap '' INT; sleep 600 & echo $! > child; wait"
    job = Job(["sh", "-c", f"({script}) & wait"], folder=tmp_path, variables={"PATH": os.environ["PATH"]})
    assert job.wait(1) is None
    child = int((tmp_path / "child").read_text())
    job.end()
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False
    )
    assert told.stdout.strip()[:1] in ("", "Z")
